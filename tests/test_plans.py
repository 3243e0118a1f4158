"""How DuckDB carries out the models: time grows with the rows, not with their square."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

# Joins that compare every row of one side with every row of the other, where one side is a seed or a calendar.
PETITES = {
    "int_axes": "catalogue, calendar",
    "int_grille": "catalogue, calendar",
    "int_facturation_ace": "seed pmsi_actes_consultation",
    "sun_es_fenetres": "seeds",
    "sun_es_candidatures": "seeds, and the candidacies declared",
    "int_flux_absents": "a seed, and the kinds of files that each establishment sends",
    "rapprochement_national": "one row per establishment, month and type of document",
}


def jointures_ligne_a_ligne(plan: dict) -> list[str]:
    """Conditions of the joins of a plan that no hash table serves."""
    ici = [str(plan["extra_info"])] if plan["name"] == "BLOCKWISE_NL_JOIN" else []
    return ici + [condition for enfant in plan["children"] for condition in jointures_ligne_a_ligne(enfant)]


def test_no_fact_is_compared_row_by_row_with_another(sql_compile: Path, entrepot_demo: Path) -> None:
    trouvees = {}
    with duckdb.connect(str(entrepot_demo), read_only=True) as connexion:
        for fichier in sorted((sql_compile / "models").rglob("*.sql")):
            ((_, brut),) = connexion.execute(f"explain (format json) {fichier.read_text(encoding='utf-8')}").fetchall()
            if conditions := jointures_ligne_a_ligne(json.loads(brut)[0]):
                trouvees[fichier.stem] = conditions
    assert {nom: conditions for nom, conditions in trouvees.items() if nom not in PETITES} == {}
    assert trouvees.keys() == PETITES.keys()
