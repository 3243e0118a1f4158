"""Every table that others read is written in an order of its own, which leaves nothing to chance: built twice, it is the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb

SEULE_LIGNE = {"execution"}

NOTIONS = {"grille.ordre": "indicateur", "retenues.ordre": "indicateur", "etapes.ordre": "ordre_etape"}
"""Orders of a seed, and the column of the table that has one of each."""


def test_a_public_table_says_its_order_and_no_two_rows_share_a_rank(sortie_demo: Path) -> None:
    noeuds = json.loads((sortie_demo / "dbt" / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    publics = [n for n in noeuds if n["resource_type"] == "model" and n["schema"] in ("marts", "qualite")]
    sans_ordre, ex_aequo = set(), {}
    with duckdb.connect(str(sortie_demo / "entrepot.duckdb"), read_only=True) as entrepot:
        for noeud in publics:
            compile_ = sortie_demo / "dbt" / "compiled" / "socle" / noeud["original_file_path"]
            fin = re.search(r"(?m)^ *order by\s+([\w., \n]+?)\s*\Z", compile_.read_text(encoding="utf-8"))
            if fin is None:
                sans_ordre.add(noeud["alias"])
                continue
            cles = [NOTIONS.get(cle) or cle.rpartition(".")[2] for cle in re.split(r",\s*", fin[1])]
            distinctes = f"select distinct * from {noeud['schema']}.{noeud['alias']}"
            requete = f"select {', '.join(cles)} from ({distinctes}) group by all having count(*) > 1 limit 1"
            if egales := entrepot.execute(requete).fetchall():
                ex_aequo[noeud["alias"]] = egales
    assert sans_ordre == SEULE_LIGNE
    assert not ex_aequo
