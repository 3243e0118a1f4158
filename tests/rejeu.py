"""The models run again on what a build made, as another engine would understand them; and on what a site sends."""

from __future__ import annotations

import json
import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

SEMANTIQUES: dict[str, tuple[str, dict[str, str]]] = {
    "les valeurs inconnues en premier": ("set default_null_order = 'nulls_first'", {}),
    "max_by rend une valeur inconnue": ("select 1", {r"\bmax_by\(": "arg_max_null(", r"\bmin_by\(": "arg_min_null("}),
}
"""What two engines decide apart: where nulls are put in an order; whether the row of the greatest key gives its value when it
is null (Spark) or yields to the next that has one (DuckDB). A setting, and forms to replace."""


def rejouer(nom: str, sql_compile: Path, entrepot: Path, modeles: str = "") -> tuple[int, list[str]]:
    """Run models again with another semantics.

    Args:
        nom: the semantics.
        sql_compile: the compiled models.
        entrepot: what a build made of them.
        modeles: what begins the names of the models, all of them by default.

    Returns:
        how many were run, and those that give other rows.
    """
    reglage, remplacements = SEMANTIQUES[nom]
    rejoues, differents = 0, []
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        connexion.execute(reglage)
        for modele, ecrit in _compiles(sql_compile):
            if modele["name"] == "execution" or not modele["name"].startswith(modeles):
                continue
            sql = ecrit
            for motif, forme in remplacements.items():
                sql = re.sub(motif, forme, sql)
            if remplacements and sql == ecrit:
                continue
            place = modele["relation_name"]
            rejoues += 1
            ((ecarts,),) = connexion.execute(
                f"with autres as materialized ({sql}\n) select (select count(*) from (from autres except all from {place}))"
                f" + (select count(*) from (from {place} except all from autres))"
            ).fetchall()
            if ecarts:
                differents.append(modele["name"])
    return rejoues, differents


def reconstruire(sql_compile: Path, entrepot: Path, depot: list[str], moteur: duckdb.DuckDBPyConnection) -> None:
    """Build again everything that follows the sources, with the seeds and the staging of a warehouse.

    Args:
        sql_compile: the compiled models.
        entrepot: what a build made of them.
        depot: statements that make the sources.
        moteur: a new database, named as the warehouse, that receives what is built.
    """
    moteur.execute(f"attach '{entrepot}' as fait (read_only)")
    compiles = list(_compiles(sql_compile))
    for schema in ("reference", "staging", *{modele["schema"] for modele, _ in compiles}):
        moteur.execute(f"create schema if not exists {schema}")
    for instruction in depot:
        moteur.execute(instruction)
    graines = moteur.execute("select table_name from duckdb_tables() where database_name = 'fait' and schema_name = 'reference'")
    for (nom,) in graines.fetchall():
        moteur.execute(f"create table reference.{nom} as from fait.reference.{nom}")
    faits = {(modele["schema"], modele["alias"]) for modele, _ in compiles}
    lectures = moteur.execute(
        "select view_name, sql from duckdb_views() where database_name = 'fait' and schema_name = 'staging' order by view_oid"
    )
    for nom, sql in lectures.fetchall():
        if ("staging", nom) not in faits:
            moteur.execute(sql)
    for modele, sql in compiles:
        moteur.execute(f"create table {modele['schema']}.{modele['alias']} as {sql}")


def _compiles(sql_compile: Path) -> list[tuple[dict[str, Any], str]]:
    """Every compiled model with its SQL, after those that it reads."""
    noeuds = json.loads((sql_compile.parents[1] / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    modeles = {cle: noeud for cle, noeud in noeuds.items() if (sql_compile / "models" / noeud["path"]).is_file()}
    ordre = TopologicalSorter({cle: noeud["depends_on"]["nodes"] for cle, noeud in modeles.items()}).static_order()
    return [
        (modeles[cle], (sql_compile / "models" / modeles[cle]["path"]).read_text(encoding="utf-8"))
        for cle in ordre
        if cle in modeles
    ]
