"""What ``dbt docs`` says: a description for every column of every schema, a home page in French, and where each output is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import colonnes_du_depot
import pytest
import yaml
from conftest import lire

from socle import graines

Manifeste = dict[str, Any]


@pytest.fixture(scope="module")
def manifeste(sortie_demo: Path) -> Manifeste:
    return json.loads((sortie_demo / "dbt" / "manifest.json").read_text(encoding="utf-8"))


def test_every_column_of_every_schema_is_described_and_no_other(sortie_demo: Path, manifeste: Manifeste) -> None:
    relations = [
        noeud
        for noeud in (*manifeste["nodes"].values(), *manifeste["sources"].values())
        if noeud["resource_type"] in ("model", "seed", "source")
    ]
    assert not [noeud["unique_id"] for noeud in relations if not noeud["description"].strip()]
    decrites = {
        (noeud["schema"], noeud.get("identifier") or noeud["alias"], colonne["name"])
        for noeud in relations
        for colonne in noeud["columns"].values()
        if colonne["description"].strip()
    }
    presentes = lire(
        sortie_demo / "entrepot.duckdb",
        "select schema_name, table_name, column_name from duckdb_columns() where database_name = current_database() and not internal",
    )
    assert decrites == set(presentes)


def test_bi_tools_read_in_the_warehouse_what_the_project_describes(sortie_demo: Path, manifeste: Manifeste) -> None:
    lus = [
        noeud
        for noeud in manifeste["nodes"].values()
        if noeud["resource_type"] == "model" and noeud["schema"] in ("marts", "qualite")
    ]
    decrites = {
        (noeud["schema"], noeud["alias"], colonne["name"], colonne["description"])
        for noeud in lus
        for colonne in noeud["columns"].values()
    }
    commentees = lire(
        sortie_demo / "entrepot.duckdb",
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where database_name = current_database() and schema_name in ('marts', 'qualite')",
    )
    assert decrites == set(commentees)
    tables = lire(
        sortie_demo / "entrepot.duckdb",
        "select schema_name, table_name, comment from duckdb_tables() "
        "where database_name = current_database() and schema_name in ('marts', 'qualite')",
    )
    assert {(noeud["schema"], noeud["alias"], noeud["description"]) for noeud in lus} == set(tables)


def test_every_column_of_a_seed_is_described_even_where_dbt_builds_none() -> None:
    decrites = {
        seed["name"]: [colonne["name"] for colonne in seed["columns"]]
        for page in graines.DOSSIER.rglob("*.yml")
        for seed in yaml.safe_load(page.read_text(encoding="utf-8"))["seeds"]
    }
    entetes = {graine.stem: graine.read_text(encoding="utf-8").partition("\n")[0] for graine in graines.DOSSIER.rglob("*.csv")}
    assert {nom: sorted(colonnes) for nom, colonnes in decrites.items()} == {
        nom: sorted(entete.split(",")) for nom, entete in entetes.items()
    }


def test_what_the_seeds_say_of_the_landing_zone_is_what_dbt_says() -> None:
    for fichier, page in colonnes_du_depot.pages().items():
        assert fichier.read_text(encoding="utf-8") == page, "python tests/colonnes_du_depot.py"


def test_the_home_page_names_every_schema_and_where_every_exposure_is(manifeste: Manifeste) -> None:
    accueil = manifeste["docs"]["doc.socle.__overview__"]["block_contents"]
    schemas = {
        noeud["schema"]
        for noeud in (*manifeste["nodes"].values(), *manifeste["sources"].values())
        if noeud["resource_type"] != "test"
    }
    assert not [schema for schema in schemas if f"| `{schema}` |" not in accueil]
    assert manifeste["exposures"]
    for exposition in manifeste["exposures"].values():
        assert f"| `{exposition['name']}` | `{exposition['config']['meta']['chemin']}` |" in accueil
        assert exposition["description"] and exposition["url"]
    tables = {f"{noeud['schema']}.{noeud.get('alias')}" for noeud in manifeste["nodes"].values()}
    nommees = {mot for mot in accueil.split("`")[1::2] if mot.partition(".")[0] in schemas and "." in mot}
    assert nommees and nommees <= tables
