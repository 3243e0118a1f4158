"""The models run again on what a build made, as another engine would understand them."""

from __future__ import annotations

import json
import re
from pathlib import Path

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
        for modele in json.loads((sql_compile.parents[1] / "manifest.json").read_text(encoding="utf-8"))["nodes"].values():
            fichier = sql_compile / "models" / modele["path"]
            if not fichier.exists() or modele["name"] == "execution" or not modele["name"].startswith(modeles):
                continue
            ecrit = fichier.read_text(encoding="utf-8")
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
