"""Deposits: frozen as they were made, or told by the hospital when made elsewhere; what moved since.

``<sortie>/depots/`` is its owner's only: the units, and what is known of them, name patients.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from socle import dossier, historique, regles, sorties
from socle.comparaison import Cellule, Comparaison, Valeurs, classer, conclure, etats, nommer
from socle.entrepot import lire_execution
from socle.lecture.octets import empreinte_de
from socle.lecture.sql import chemin_sql, texte_sql
from socle.parametres import ErreurSocle, dire_la_memoire, raison
from socle.resultats.programmes import code_de

DEPOTS = "depots"
FIGEES = {"unites": "parquet", "objets": "objets.parquet", "faits": "faits.parquet"}
"""What is kept beside the description of a deposit, each with how its file ends."""
VALEURS = ("indicateur", "axe", "periode_debut", "periode_fin", "numerateur", "denominateur", "taux")


@dire_la_memoire
def deposer(entrepot: Path, sortie: Path, finess: str, programme: str, mois: date) -> Path:
    """Freeze a deposit: the values, the hash of the dossier made with them, the units and what was known of their period.

    Args:
        entrepot: current warehouse.
        sortie: output folder; the dossier goes to ``dossiers/``, the deposit to ``depots/``.
        finess: FINESS number of the entité juridique.
        programme: as for ``socle.dossier.ecrire``.
        mois: any day of the month deposited.

    Returns:
        The description of the deposit (JSON); the units, their objects and the facts are beside it (Parquet).

    Raises:
        ErreurSocle: that month was deposited already, or has nothing to deposit.
    """
    programme, mois = code_de(programme), mois.replace(day=1)
    description = chemin(sortie, finess, programme, mois)
    if description.exists():
        raise ErreurSocle(f"{description} existe : ce dépôt est figé. Pour un autre dépôt du même mois, déplacez ce fichier.")
    _, archive = dossier.ecrire(entrepot, sortie, finess, programme, mois)
    try:
        sorties.creer(description.parent, 0o700)
        with etats.ouvrir(entrepot) as connexion:
            execution = lire_execution(connexion, "apres.")
            regles_suivies = regles.lire(connexion, "apres.")
            du_mois = (
                f"select * from apres.marts.indicateurs where finess_ej = {texte_sql(finess)}"
                f" and programme = {texte_sql(programme)} and date_trunc('month', periode_fin) = date '{mois}'"
            )
            valeurs = connexion.execute(
                f"select {', '.join(VALEURS)} from ({du_mois}) order by ordre, periode_debut, axe"
            ).fetchall()
            etats.comparer_valeurs(connexion, f"({du_mois})")
            ((debut, fin),) = connexion.execute(f"select min(periode_debut), max(periode_fin) from ({du_mois})").fetchall()
            etats.figer(connexion, finess, debut, fin)
            fichiers = {}
            for nom, fin_du_nom in FIGEES.items():
                fichier = description.with_suffix(f".{fin_du_nom}")
                with sorties.a_cote(fichier) as provisoire:
                    connexion.execute(f"copy {nom}_avant to {texte_sql(provisoire)} (format parquet, compression zstd)")
                fichiers[nom] = {"fichier": fichier.name, "sha256": empreinte_de(fichier)}
        maillons = historique.lire(sortie / sorties.HISTORIQUE)
        contenu = {
            "finess_ej": finess,
            "programme": programme,
            "mois": mois,
            "depose_le": datetime.now().astimezone().isoformat(timespec="seconds"),
            "execution_id": execution.numero,
            "date_extraction": execution.date_extraction,
            "regles": regles_suivies._asdict(),
            "dossier": {"fichier": archive.name, "sha256": empreinte_de(archive)},
            **fichiers,
            # What a history altered afterwards, with all its links, no longer ends with.
            "historique": maillons[-1].chaine if maillons else historique.ORIGINE,
            "valeurs": [dict(zip(VALEURS, ligne, strict=True)) for ligne in valeurs],
        }
        sorties.ecrire_fichier(description, json.dumps(contenu, ensure_ascii=False, indent=1, default=str).encode())
    except OSError as erreur:
        raise ErreurSocle(f"{description} ne peut pas être écrit ({raison(erreur)}) : libérez de la place.") from None
    return description


@dire_la_memoire
def comparer(entrepot: Path, sortie: Path, finess: str, programme: str, mois: date, unites: Path | None = None) -> Comparaison:
    """What moved since a deposit: unit by unit when it was frozen, in values when it was made elsewhere.

    Args:
        entrepot: current warehouse.
        sortie: output folder.
        finess: as for `deposer`.
        programme: as for `deposer`.
        mois: as for `deposer`.
        unites: as for ``socle.comparaison.comparer_entrepots``.

    Raises:
        ErreurSocle: no such deposit, or what was frozen was altered.
    """
    programme, mois = code_de(programme), mois.replace(day=1)
    with etats.ouvrir(entrepot) as connexion:
        aujourd_hui = nommer(lire_execution(connexion, "apres."))
        if not chemin(sortie, finess, programme, mois).exists():
            return _comparer_ailleurs(connexion, aujourd_hui, finess, programme, mois)
        contenu, fichiers = lire(sortie, finess, programme, mois)
        connexion.execute(
            "create temp table anciennes (finess_ej varchar, indicateur varchar, axe varchar, periode_debut date,"
            " periode_fin date, numerateur bigint, denominateur bigint, taux double)"
        )
        lignes = [[finess, *(valeurs[nom] for nom in VALEURS)] for valeurs in contenu["valeurs"]]
        connexion.executemany("insert into anciennes values (?, ?, ?, ?, ?, ?, ?, ?)", lignes)
        etats.comparer_valeurs(connexion, "anciennes")
        for nom, fichier in fichiers.items():
            connexion.execute(f"create temp table {nom}_avant as from read_parquet({chemin_sql(fichier)})")
        etats.rappeler_les_unites(connexion)
        etats.lire_unites(connexion, "apres", "apres")
        etats.deplacer(connexion)
        etats.lire_objets(connexion, "apres", "apres")
        etats.retrouver_les_objets(connexion)
        etats.lire_faits(connexion, ["apres"])
        changees = regles.changements(regles.Regles(**contenu["regles"]), regles.lire(connexion, "apres."))
        jour = datetime.fromisoformat(contenu["depose_le"])
        mouvements = classer(connexion, changees, unites)
        return conclure(connexion, f"dépôt du {jour:%d/%m/%Y}", aujourd_hui, changees, mouvements)


def _comparer_ailleurs(connexion: etats.Connexion, aujourd_hui: str, finess: str, programme: str, mois: date) -> Comparaison:
    """The values of deposits made elsewhere, beside the current ones."""
    lignes = connexion.execute(
        """
        select
            indicateur, periode_debut, strftime(periode_debut, '%d/%m/%Y'), numerateur_depose, denominateur_depose, taux_depose,
            numerateur, denominateur, taux, date_depot
        from apres.marts.depots_ailleurs
        where finess_ej = ? and programme = ? and date_trunc('month', coalesce(periode_fin, periode_debut)) = ?
        order by indicateur, periode_debut
        """,
        [finess, programme, mois],
    ).fetchall()
    if not lignes:
        raise ErreurSocle(
            f"Aucun dépôt {programme} de {finess} pour {mois:%m/%Y} : figez-le par « socle deposer », ou dites-le dans"
            " declaratif/depots s'il a été fait ailleurs."
        )
    cellules = {
        Cellule(finess, indicateur, debut, "TOUS"): (periode, Valeurs(*valeurs[:3]), Valeurs(*valeurs[3:6]))
        for indicateur, debut, periode, *valeurs, _ in lignes
        if valeurs[:2] != valeurs[3:5]
    }
    return Comparaison(
        f"dépôt fait ailleurs le {max(ligne[-1] for ligne in lignes):%d/%m/%Y}",
        aujourd_hui,
        [],
        cellules,
        None,
        etats.cibles(connexion),
    )


def lire(sortie: Path, finess: str, programme: str, mois: date) -> tuple[dict[str, Any], dict[str, Path]]:
    """A frozen deposit: its description, and the files beside it, checked.

    Raises:
        ErreurSocle: a file is missing or was altered.
    """
    description = chemin(sortie, finess, programme, mois)
    contenu = decrire(description)
    try:
        fichiers = {nom: description.with_suffix(f".{fin}") for nom, fin in FIGEES.items()}
        for nom, fichier in fichiers.items():
            if empreinte_de(fichier) != contenu[nom]["sha256"]:
                raise ErreurSocle(f"{fichier} n'est plus ce qui a été figé : remettez-le d'après une sauvegarde.")
    except FileNotFoundError as erreur:
        raise ErreurSocle(f"{erreur.filename} manque : remettez-le d'après une sauvegarde.") from None
    return contenu, fichiers


def decrire(description: Path) -> dict[str, Any]:
    """What a frozen deposit says of itself.

    Raises:
        ErreurSocle: it cannot be read, or is no deposit.
    """
    try:
        contenu: dict[str, Any] = json.loads(description.read_text(encoding="utf-8"))
        date.fromisoformat(contenu["mois"])
        datetime.fromisoformat(contenu["depose_le"])
        if {"finess_ej", "programme", "regles", *FIGEES} <= contenu.keys() and all(
            v.keys() >= {*VALEURS} for v in contenu["valeurs"]
        ):
            return contenu
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        pass
    raise ErreurSocle(f"{description} est illisible : remettez-le d'après une sauvegarde.")


def chemin(sortie: Path, finess: str, programme: str, mois: date) -> Path:
    """Where the description of a deposit is."""
    return sortie / DEPOTS / f"{finess}_{programme.lower()}_{mois:%Y-%m}.json"
