"""The units of a rate, as « socle selections » prints them."""

from __future__ import annotations

from pathlib import Path

from conftest import copier_pour_alterer

from socle.selections import Selection, lire


def test_the_venues_of_one_iep_and_day_are_chosen_whatever_their_order(entrepot_demo: Path, tmp_path: Path) -> None:
    def lues(sens: str) -> list[Selection]:
        copie = tmp_path / sens / "entrepot.duckdb"
        copie.parent.mkdir()
        copier_pour_alterer(
            entrepot_demo,
            copie,
            "insert into intermediaire.int_venues by name select * replace ('ZZZZ' as uf) from intermediaire.int_venues",
            f"create or replace table intermediaire.int_venues as from intermediaire.int_venues order by uf {sens}",
        )
        return [lire(copie, indicateur, None, None) for indicateur in ("P1.O2.LDL", "P1.O4", "P1.O5")]

    montantes = lues("asc")
    assert all(selection.lignes for selection in montantes) and montantes == lues("desc")
