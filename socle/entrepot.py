"""The only doors to DuckDB: a warehouse read in place, or whatever else is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb

from socle import sorties
from socle.lecture.sql import texte_sql
from socle.parametres import ErreurSocle, moyens


class Execution(NamedTuple):
    """The run that made a warehouse: its number, and the last day it knows (AAAA-MM-JJ)."""

    numero: str
    date_extraction: str


def connecter(fichier: Path | None = None, *, ecriture: bool = False, **reglages: str | int) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file, or a database in memory; nothing is ever fetched from the network.

    Args:
        fichier: the file; None for a database in memory.
        ecriture: the file is to be written; it is only read by default.
        reglages: settings of DuckDB; by default those of `socle.parametres.moyens`.

    Raises:
        duckdb.Error: the file cannot be opened.
    """
    reglages = {"autoinstall_known_extensions": "false", **(reglages or moyens())}
    return duckdb.connect(str(fichier or ":memory:"), read_only=bool(fichier) and not ecriture, config=reglages)


@contextmanager
def ouvrir(
    entrepot: Path | None = None, /, *, debordement: Path | None = None, **attaches: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Read a warehouse in place, or several under names of their own.

    Args:
        entrepot: the database in use; by default one in memory, that may be written.
        debordement: private folder for what does not fit in memory, which is patient data.
        attaches: other warehouses, by name.

    Raises:
        ErreurSocle: a warehouse is missing, is being written, is damaged, is of another version or no warehouse, or its lake is
            no longer whole.
    """
    with _ouvrir(entrepot, debordement, attaches) as connexion:
        try:
            yield connexion
        except (duckdb.CatalogException, duckdb.BinderException) as erreur:
            noms = " ou ".join(str(chemin) for chemin in filter(None, (entrepot, *attaches.values())))
            raise ErreurSocle(
                f"{noms} est d'une autre version de socle, ou incomplet ({_premiere_ligne(erreur)}) : relancez « socle run »."
            ) from erreur


def _ouvrir(entrepot: Path | None, debordement: Path | None, attaches: dict[str, Path]) -> duckdb.DuckDBPyConnection:
    lus = [chemin for chemin in (entrepot, *attaches.values()) if chemin]
    for chemin in lus:
        _verifier_le_fichier(chemin)
    chemin = lus[0]
    try:
        connexion = connecter(entrepot, **moyens() | ({"temp_directory": str(debordement)} if debordement else {}))
        for nom, chemin in attaches.items():
            connexion.execute(f"attach {texte_sql(chemin)} as {nom} (read_only)")
        for base in (*([""] if entrepot else []), *(f"{nom}." for nom in attaches)):
            lire_execution(connexion, base)
        manquants = [parquet for parquet in chemins_lus(connexion) if not parquet.exists()]
    except duckdb.Error as erreur:
        # A damaged file has bad blocks.
        if "set lock" in str(erreur):
            raise ErreurSocle(f"{chemin} est ouvert en écriture par un autre programme : fermez-le et relancez.") from None
        raise ErreurSocle(f"{chemin} est illisible ({_premiere_ligne(erreur)}) : relancez « socle run ».") from None
    if manquants:
        connexion.close()
        raise ErreurSocle(f"Le lac que l'entrepôt lit n'est plus entier (il y manque {manquants[0]}) : relancez « socle run ».")
    return connexion


def _verifier_le_fichier(entrepot: Path) -> None:
    if not entrepot.exists():
        raise ErreurSocle(f"Aucun entrepôt dans {entrepot.parent} : lancez « socle run ».")
    if journal := [reste.name for reste in sorties.restes(entrepot) if reste.suffix == ".wal"]:
        raise ErreurSocle(
            f"{journal[0]} est à côté de l'entrepôt : un programme l'a ouvert en écriture, ses changements s'y ajouteraient."
            " Fermez-le et relancez « socle run »."
        )


def _premiere_ligne(erreur: Exception) -> str:
    return str(erreur).splitlines()[0]


def lire_execution(connexion: duckdb.DuckDBPyConnection, base: str = "") -> Execution:
    """The run that made a warehouse.

    Args:
        connexion: a connection to it.
        base: name under which it is attached, followed by a point; empty for the database in use.

    Raises:
        ErreurSocle: a former version of socle made it, dbt did not finish, or it is no warehouse.
    """
    try:
        ((numero, jour),) = connexion.execute(
            f"select execution_id, cast(date_extraction as varchar) from {base}qualite.execution"
        ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException, ValueError):
        raise ErreurSocle("L'entrepôt ne dit pas de quelle exécution il est : relancez « socle run ».") from None
    return Execution(numero, jour)


def execution_de(entrepot: Path) -> Execution:
    """The run that made a warehouse; errors are those of `ouvrir`."""
    with ouvrir(entrepot) as connexion:
        return lire_execution(connexion)


_CHEMINS = re.compile(r"'((?:[^']|'')*[.]parquet)'")


def chemins_lus(connexion: duckdb.DuckDBPyConnection) -> list[Path]:
    """The files of the lake that the views of the warehouses of a connection read."""
    vues = connexion.execute("select sql from duckdb_views() where schema_name = 'depot'").fetchall()
    chemins = {re.sub(r"\[([\[*?])\]", r"\1", chemin.replace("''", "'")) for (sql,) in vues for chemin in _CHEMINS.findall(sql)}
    return sorted(Path(chemin) for chemin in chemins)
