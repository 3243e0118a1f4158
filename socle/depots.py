"""Deposits frozen as they were made, and what moved since, unit by unit.

``<sortie>/depots/`` is its owner's only: the units name patients.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from socle import dossier, historique, sorties
from socle.lecture.sql import texte_sql
from socle.parametres import ErreurSocle, dire_la_memoire, moyens, raison

DEPOTS = "depots"
MOUVEMENTS = {
    "ENTREE_COMPTEE": "entrée au dénominateur, comptée",
    "ENTREE_NON_COMPTEE": "entrée au dénominateur, non comptée",
    "SORTIE_COMPTEE": "sortie du dénominateur, elle était comptée",
    "SORTIE_NON_COMPTEE": "sortie du dénominateur, elle n'était pas comptée",
    "GAGNEE": "désormais comptée",
    "PERDUE": "n'est plus comptée",
}
"""Every way a unit may move, and no other: their numbers add up to what the numerator and the denominator moved by."""


@dataclass(frozen=True)
class Mouvement:
    """How many units of an indicator moved in one way, one of ``MOUVEMENTS``, from one step of the funnel to another.

    ``etape_au_depot``, ``etape_actuelle``: where their document stood and stands, in words; None for a unit that was or is not
    there, or an indicator without funnel.
    """

    indicateur: str
    axe: str
    mouvement: str
    etape_au_depot: str | None
    etape_actuelle: str | None
    nombre: int

    @property
    def numerateur(self) -> int:
        """What these units change to the numerator."""
        signes = {"ENTREE_COMPTEE": 1, "GAGNEE": 1, "SORTIE_COMPTEE": -1, "PERDUE": -1}
        return self.nombre * signes.get(self.mouvement, 0)

    @property
    def denominateur(self) -> int:
        """What these units change to the denominator."""
        return self.nombre * (self.mouvement.startswith("ENTREE") - self.mouvement.startswith("SORTIE"))


@dire_la_memoire
def deposer(entrepot: Path, sortie: Path, finess: str, programme: str, mois: date) -> Path:
    """Freeze a deposit: the values, the hash of the dossier made with them, the units and whether each counts.

    Args:
        entrepot: current warehouse.
        sortie: output folder; the dossier goes to ``dossiers/``, the deposit to ``depots/``.
        finess: FINESS number of the entité juridique.
        programme: as for ``socle.dossier.ecrire``.
        mois: any day of the month deposited.

    Returns:
        The description of the deposit (JSON); the units are beside it (Parquet).

    Raises:
        ErreurSocle: that month was deposited already, or has nothing to deposit.
    """
    programme, mois = programme.upper().replace("-", "_"), mois.replace(day=1)
    description = chemin(sortie, finess, programme, mois)
    if description.exists():
        raise ErreurSocle(f"{description} existe : ce dépôt est figé. Pour un autre dépôt du même mois, déplacez ce fichier.")
    _, archive = dossier.ecrire(entrepot, sortie, finess, programme, mois)
    unites = description.with_suffix(".parquet")
    try:
        sorties.creer(description.parent, 0o700)
        with duckdb.connect(str(entrepot), read_only=True, config=moyens()) as connexion:
            execution = sorties.lire_execution(connexion)
            valeurs = connexion.execute(
                """
                select indicateur, axe, periode_debut, periode_fin, numerateur, denominateur, taux
                from marts.indicateurs
                where finess_ej = ? and programme = ? and date_trunc('month', periode_fin) = ?
                order by ordre, periode_debut, axe
                """,
                [finess, programme, mois],
            ).fetchall()
            connexion.execute(f"create temp table unites as {_unites(connexion, finess, programme, mois)}")
            provisoire = description.with_name(f".unites_{unites.name}")
            connexion.execute(f"copy unites to {texte_sql(provisoire)} (format parquet, compression zstd)")
        octets = provisoire.read_bytes()
        sorties.ecrire_fichier(unites, octets)
        provisoire.unlink()
        maillons = historique.lire(sortie / sorties.HISTORIQUE)
        noms = ("indicateur", "axe", "periode_debut", "periode_fin", "numerateur", "denominateur", "taux")
        contenu = {
            "finess_ej": finess,
            "programme": programme,
            "mois": mois,
            "depose_le": datetime.now().astimezone().isoformat(timespec="seconds"),
            "execution_id": execution.numero,
            "date_extraction": execution.date_extraction,
            "dossier": {"fichier": archive.name, "sha256": hashlib.sha256(archive.read_bytes()).hexdigest()},
            "unites": {"fichier": unites.name, "sha256": hashlib.sha256(octets).hexdigest()},
            # What a history altered afterwards, with all its links, no longer ends with.
            "historique": maillons[-1].chaine if maillons else historique.ORIGINE,
            "valeurs": [dict(zip(noms, ligne, strict=True)) for ligne in valeurs],
        }
        sorties.ecrire_fichier(description, json.dumps(contenu, ensure_ascii=False, indent=1, default=str).encode())
    except OSError as erreur:
        raise ErreurSocle(f"{description} ne peut pas être écrit ({raison(erreur)}) : libérez de la place.") from None
    return description


@dire_la_memoire
def comparer(entrepot: Path, sortie: Path, finess: str, programme: str, mois: date) -> list[Mouvement]:
    """What moved since a deposit, by indicator, value of the axis, way of moving and step of the funnel.

    Args:
        entrepot: current warehouse.
        sortie: output folder.
        finess: as for `deposer`.
        programme: as for `deposer`.
        mois: as for `deposer`.

    Raises:
        ErreurSocle: no such deposit, or its units were altered.
    """
    programme, mois = programme.upper().replace("-", "_"), mois.replace(day=1)
    unites = lire(sortie, finess, programme, mois)
    with duckdb.connect(str(entrepot), read_only=True, config=moyens()) as connexion:
        lignes = connexion.execute(
            f"""
            with depot as (from read_parquet({texte_sql(unites)})),

            aujourd_hui as ({_unites(connexion, finess, programme, mois)}),

            rapprochees as (
                select
                    coalesce(depot.indicateur, aujourd_hui.indicateur) as indicateur,
                    coalesce(depot.axe, aujourd_hui.axe) as axe,
                    case
                        when depot.unite_id is null
                            then case when aujourd_hui.au_numerateur then 'ENTREE_COMPTEE' else 'ENTREE_NON_COMPTEE' end
                        when aujourd_hui.unite_id is null
                            then case when depot.au_numerateur then 'SORTIE_COMPTEE' else 'SORTIE_NON_COMPTEE' end
                        when aujourd_hui.au_numerateur and not depot.au_numerateur then 'GAGNEE'
                        when depot.au_numerateur and not aujourd_hui.au_numerateur then 'PERDUE'
                    end as mouvement,
                    depot.etape as etape_au_depot,
                    aujourd_hui.etape as etape_actuelle
                from depot
                full outer join aujourd_hui
                    on
                        depot.indicateur = aujourd_hui.indicateur
                        and depot.periode_debut = aujourd_hui.periode_debut
                        and depot.axe = aujourd_hui.axe
                        and depot.unite_id = aujourd_hui.unite_id
            )

            select indicateur, axe, mouvement, avant.libelle, apres.libelle, count(*)
            from rapprochees
            left join reference.etapes as avant on rapprochees.etape_au_depot = avant.etape
            left join reference.etapes as apres on rapprochees.etape_actuelle = apres.etape
            where mouvement is not null
            group by all
            order by all
            """
        ).fetchall()
    return [Mouvement(*ligne) for ligne in lignes]


def lire(sortie: Path, finess: str, programme: str, mois: date) -> Path:
    """The units of a deposit, checked.

    Raises:
        ErreurSocle: no such deposit, or its units were altered.
    """
    description = chemin(sortie, finess, programme, mois)
    try:
        contenu: dict[str, Any] = json.loads(description.read_text(encoding="utf-8"))
        unites = description.with_suffix(".parquet")
        if hashlib.sha256(unites.read_bytes()).hexdigest() != contenu["unites"]["sha256"]:
            raise ErreurSocle(f"{unites} n'est plus ce qui a été figé : remettez-le d'après une sauvegarde.")
    except FileNotFoundError as erreur:
        raise ErreurSocle(f"{erreur.filename} manque : figez d'abord le dépôt par « socle deposer ».") from None
    except (ValueError, LookupError, TypeError):
        raise ErreurSocle(f"{description} est illisible : remettez-le d'après une sauvegarde.") from None
    return unites


def chemin(sortie: Path, finess: str, programme: str, mois: date) -> Path:
    """Where the description of a deposit is."""
    return sortie / DEPOTS / f"{finess}_{programme.lower()}_{mois:%Y-%m}.json"


def _unites(connexion: duckdb.DuckDBPyConnection, finess: str, programme: str, mois: date) -> str:
    """The query of the units of every indicator of a programme for the periods that end in a month."""
    parties = []
    for indicateur, population in connexion.execute(
        "select indicateur, population from reference.catalogue_indicateurs where programme = ? order by ordre",
        [programme],
    ).fetchall():
        colonnes = {
            nom
            for (nom,) in connexion.execute(
                "select column_name from duckdb_columns() where schema_name = 'populations' and table_name = ?", [population]
            ).fetchall()
        }
        facultatives = ", ".join(
            f"cast({nom if nom in colonnes else 'null'} as {genre}) as {nom}"
            for nom, genre in (("etape", "varchar"), ("document_id", "varchar"), ("date_envoi", "date"))
        )
        partagee = f"and indicateur = {texte_sql(indicateur)}" if "indicateur" in colonnes else ""
        parties.append(
            f"select {texte_sql(indicateur)} as indicateur, periode_debut, axe, unite_id, au_numerateur, {facultatives}"
            f" from populations.{population} where finess_ej = {texte_sql(finess)} {partagee}"
            f" and date_trunc('month', periode_fin) = date '{mois:%Y-%m-%d}'"
        )
    if not parties:
        raise ErreurSocle(f"Programme {programme} inconnu.")
    return " union all ".join(parties)
