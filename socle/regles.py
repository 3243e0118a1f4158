"""Under which rules a warehouse was built, and what differs from one to another: a rate moves with them as with the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import duckdb

from socle.lecture.sql import chemin_sql, texte_sql


class Regles(NamedTuple):
    """Git revision, digest of the models and of the code lists, variables; None and empty where they are not told."""

    revision: str | None
    empreinte: str | None
    variables: dict[str, str]


def lire(connexion: duckdb.DuckDBPyConnection, base: str = "") -> Regles:
    """The rules under which a warehouse was built; a version of socle that did not tell them has none.

    Args:
        connexion: a connection to it.
        base: name under which it is attached, followed by a point; empty for the database in use.
    """
    try:
        ((revision, empreinte),) = connexion.execute(f"select revision, regles from {base}qualite.execution").fetchall()
        variables = dict(connexion.execute(f"select variable, valeur from {base}qualite.variables order by 1").fetchall())
    except (duckdb.BinderException, duckdb.CatalogException):
        return Regles(None, None, {})
    return Regles(revision, empreinte, variables)


def metadonnees(regles: Regles) -> str:
    """The rules, as an option that writes them in a Parquet file."""
    return f"kv_metadata {{regles: {texte_sql(json.dumps(regles._asdict(), ensure_ascii=False))}}}"


def lire_dans(connexion: duckdb.DuckDBPyConnection, parquet: Path) -> Regles:
    """The rules that `metadonnees` wrote in a Parquet file; none in another."""
    lignes = connexion.execute(
        f"select decode(value) from parquet_kv_metadata({chemin_sql(parquet)}) where decode(key) = 'regles'"
    ).fetchall()
    return Regles(**json.loads(lignes[0][0])) if lignes else Regles(None, None, {})


def changements(avant: Regles, apres: Regles) -> list[str]:
    """A sentence for each thing that changed in the rules, with its two versions."""
    phrases = []
    if (avant.revision, avant.empreinte) != (apres.revision, apres.empreinte):
        phrases.append(f"Version de socle : {_version(avant)} → {_version(apres)}")
    # A version that told none is another version already.
    communes = avant.variables.keys() | apres.variables.keys() if avant.variables and apres.variables else ()
    for nom in sorted(communes):
        ancienne, nouvelle = (regles.variables.get(nom, "non dite") for regles in (avant, apres))
        if ancienne != nouvelle:
            phrases.append(f"Variable {nom} : {ancienne} → {nouvelle}")
    return phrases


def _version(regles: Regles) -> str:
    dites = [f"révision {regles.revision}"] if regles.revision else []
    dites += [f"règles {regles.empreinte[:8]}"] if regles.empreinte else []
    return ", ".join(dites) or "non dite"
