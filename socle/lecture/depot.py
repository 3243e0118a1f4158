"""What dbt calls « depot »: the landing zone as the lake holds it, brought up to date and shown to the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from socle.entrepot import connecter
from socle.lecture.contrat import contrat
from socle.lecture.inventaire import CORRESPONDANCE, ETABLISSEMENTS, LISIBLE, Fichier, est_une_ej, inventorier
from socle.lecture.lac import Lac, Lecteur
from socle.lecture.messages_dpi import MessagesDpi
from socle.lecture.messages_gam import MessagesGam
from socle.lecture.octets import dossier_prive
from socle.lecture.pmsi import Pmsi
from socle.lecture.tables import Table
from socle.parametres import ErreurSocle, memoire_du_moteur


def lecteurs() -> list[Lecteur]:
    """Every reader: one a flux of the contract, the establishments first, one an interface, and that of the PMSI."""
    tables = [Table(flux) for flux in sorted(contrat(), key=lambda flux: (flux != ETABLISSEMENTS, flux))]
    return [*tables, MessagesGam(), MessagesDpi(), Pmsi()]


def vues_vides() -> list[str]:
    """The statements that make the views of ``depot`` without a row."""
    with connecter() as moteur:
        return list(Lac(dossier_prive(), moteur).vues(lecteurs()))


def mettre_a_jour(
    exports: Path, dossier: Path, relire: bool, variables: Mapping[str, float], dire: Callable[[str], None]
) -> list[str]:
    """Read what the lake does not hold yet of a landing zone.

    Args:
        exports: the landing zone.
        dossier: of the lake.
        relire: everything is read, whatever the lake holds.
        variables: of dbt, that the readers need (``pmsi_part_cumulative``).
        dire: told, in French, of what is read.

    Returns:
        The statements that make the views of ``depot`` in the warehouse.

    Raises:
        ErreurSocle: the list of the establishments cannot be read, or does not know a folder.
    """
    with _lac(dossier, relire, variables, dire) as lac:
        tous, _ = _lire(lac, exports, dossier, dire)
        return list(lac.vues(tous))


@contextmanager
def consulter(
    exports: Path, dossier: Path, variables: Mapping[str, float], dire: Callable[[str], None]
) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Fichier]]]:
    """The same, for whoever only looks at it.

    Yields:
        a connection that has the views of ``depot``, and the inventory.
    """
    with _lac(dossier, False, variables, dire) as lac:
        tous, inventaire = _lire(lac, exports, dossier, dire)
        for vue in lac.vues(tous):
            lac.moteur.execute(vue)
        yield lac.moteur, inventaire


@contextmanager
def _lac(dossier: Path, relire: bool, variables: Mapping[str, float], dire: Callable[[str], None]) -> Iterator[Lac]:
    debordement = str(dossier_prive() / "debordement")
    with connecter(memory_limit=memoire_du_moteur(), temp_directory=debordement, preserve_insertion_order="true") as moteur:
        yield Lac(dossier, moteur, relire, dire, variables)


def _lire(lac: Lac, exports: Path, dossier: Path, dire: Callable[[str], None]) -> tuple[list[Lecteur], list[Fichier]]:
    inventaire = inventorier(exports, dossier)
    for fichier in inventaire:
        if fichier.flux == CORRESPONDANCE and fichier.etat != LISIBLE:
            dire(f"{fichier.fichier} : {fichier.erreur}")
    premier, *autres = tous = lecteurs()
    _verifier_la_liste(inventaire)
    lac.lire(premier, [f for f in inventaire if f.flux == ETABLISSEMENTS])
    fuseaux = dict(lac.moteur.execute(f"select finess_ej, fuseau from ({lac.lignes(premier)}) order by ligne").fetchall())
    _verifier_les_dossiers(inventaire, fuseaux)
    for fichier in inventaire:
        fichier.fuseau = fuseaux.get(fichier.finess_ej) or fichier.fuseau
    for lecteur in autres:
        lac.lire(lecteur, [f for f in inventaire if f.flux and lecteur.lit(f.flux)])
    lac.inventorier(tous, inventaire)
    return tous, inventaire


def _verifier_la_liste(inventaire: list[Fichier]) -> None:
    """Nothing can be read without the list of the establishments."""
    for fichier in inventaire:
        if fichier.flux == ETABLISSEMENTS and fichier.etat != LISIBLE:
            manque = (
                f"sans colonne {fichier.colonnes_manquantes}" if fichier.colonnes_manquantes else "avec deux colonnes du même nom"
            )
            raise ErreurSocle(
                f"Fichier {fichier.fichier} {fichier.erreur or manque} : corrigez-le, rien ne peut être lu sans lui."
            )


def _verifier_les_dossiers(inventaire: list[Fichier], connus: dict[str, str | None]) -> None:
    """« An EJ folder without a row here is an error that names it. »"""
    inconnus = sorted({f.finess_ej for f in inventaire if f.finess_ej and est_une_ej(f.finess_ej) and f.finess_ej not in connus})
    if inconnus:
        raise ErreurSocle(
            f"Dossier {', '.join(inconnus)} sans ligne dans etablissements.csv : ajoutez la ligne ou retirez le dossier."
        )
