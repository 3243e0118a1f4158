"""Time the search of séjours made of séances on a million séances, against one sort of the same rows.

Long histories on purpose: a third of the patients are dialysed three times a week for years.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from test_seances import requete


def main(nombre: int = 1_000_000) -> None:
    """Print seconds and ratio for ``nombre`` séances, in histories of one year and of many."""
    for par_patient in (150, 1000):
        mesurer(nombre, par_patient)


def mesurer(nombre: int, par_patient: int) -> None:
    """The same for patients of ``par_patient`` séances each."""
    with duckdb.connect() as connexion:
        connexion.execute("set threads = 2")
        connexion.execute(
            f"""
            create table seances as
            select 'E' || (i // {par_patient} % 12) as finess_ej, 'P' || (i // {par_patient}) as ipp, 'DIALYSE' as activite, 'V' || i as iep,
                date '2016-01-01' + cast(floor((i % {par_patient}) * case when (i // {par_patient}) % 3 = 0 then 2.33 else 7 end) as int) as date_entree,
                date_entree as date_sortie, 1 as nb_seances
            from range({nombre}) as t(i)
            """
        )

        def chronometrer(sql: str) -> tuple[float, int]:
            debut = time.perf_counter()
            (nombre_lu,) = connexion.execute(sql).fetchall()[0]
            return time.perf_counter() - debut, nombre_lu

        tri, _ = chronometrer(
            "select max(r) from (select row_number() over (partition by finess_ej, ipp order by date_entree, iep) as r from seances)"
        )
        recherche, placees = chronometrer(f"select count(*) from {requete(4)}")
        print(
            f"{nombre} séances, {placees} placées : {recherche:.2f} s, {recherche / tri:.1f} fois un tri numéroté ({tri:.2f} s)"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
