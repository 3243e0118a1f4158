"""The set-based search of séjours made of séances against the rule applied one séance after another."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import duckdb
import jinja2
from conftest import RACINE
from hypothesis import given, settings
from hypothesis import strategies as st

SEANCES_MINIMUM = 3
Seance = tuple[date, str, int]


def requete(mois: int) -> str:
    """The macro, rendered as dbt does."""
    environnement = jinja2.Environment()
    environnement.globals["var"] = lambda nom: {"seances_minimum": SEANCES_MINIMUM}[nom]
    modele = environnement.from_string((RACINE / "macros" / "series_de_seances.sql").read_text(encoding="utf-8"))
    return modele.module.duckdb__series_de_seances("seances", mois)  # type: ignore[attr-defined]


def plus_mois(jour: date, mois: int) -> date:
    annee, rang = divmod(jour.year * 12 + jour.month - 1 + mois, 12)
    return date(annee, rang + 1, min(jour.day, calendar.monthrange(annee, rang + 1)[1]))


def une_apres_l_autre(seances: list[Seance], mois: int) -> set[tuple[date, str]]:
    """The rule as it is written: from the first séance not yet placed, then from the next."""
    ordre, placees, i = sorted(seances), set(), 0
    while i < len(ordre):
        debut = ordre[i][0]
        candidates = [s for s in ordre[i:] if s[0] < plus_mois(debut, mois)]
        if sum(nb for _, _, nb in candidates) >= SEANCES_MINIMUM:
            placees |= {(debut, iep) for _, iep, _ in candidates}
            i += len(candidates)
        else:
            i += 1
    return placees


def par_ensembles(patients: dict[str, list[Seance]], mois: int) -> dict[str, set[tuple[date, str]]]:
    with duckdb.connect() as connexion:
        connexion.execute(
            "create table seances (finess_ej varchar, ipp varchar, activite varchar, iep varchar, date_entree date,"
            " date_sortie date, nb_seances int)"
        )
        lignes = [("E", ipp, "DIALYSE", iep, jour, jour, nb) for ipp, liste in patients.items() for jour, iep, nb in liste]
        if lignes:
            connexion.executemany("insert into seances values (?, ?, ?, ?, ?, ?, ?)", lignes)
        resultat: dict[str, set[tuple[date, str]]] = {ipp: set() for ipp in patients}
        for ipp, debut, iep in connexion.execute(f"select ipp, debut, iep from {requete(mois)}").fetchall():
            assert (debut, iep) not in resultat[ipp]
            resultat[ipp].add((debut, iep))
        return resultat


jours = st.one_of(
    st.integers(0, 400).map(lambda n: date(2022, 11, 1) + timedelta(days=n)),
    st.sampled_from([date(2022, 11, 30), date(2023, 2, 28), date(2023, 3, 31), date(2023, 6, 30), date(2024, 2, 29)]),
)
liste_de_seances = st.lists(st.tuples(jours, st.integers(1, 2)), max_size=25).map(
    lambda couples: [(jour, f"{n:04d}", nb) for n, (jour, nb) in enumerate(couples)]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(liste_de_seances, min_size=1, max_size=4), st.sampled_from([3, 4]))
def test_the_search_by_sets_places_the_same_seances(patients: list[list[Seance]], mois: int) -> None:
    nommes = {f"P{n}": liste for n, liste in enumerate(patients)}
    assert par_ensembles(nommes, mois) == {ipp: une_apres_l_autre(liste, mois) for ipp, liste in nommes.items()}


def test_bounds_of_the_rule() -> None:
    debut = date(2022, 11, 30)
    patients = {
        "trois mois moins un jour": [(debut, "1", 1), (debut, "2", 1), (date(2023, 2, 27), "3", 1)],
        "trois mois": [(debut, "1", 1), (debut, "2", 1), (date(2023, 2, 28), "3", 1)],
        "deux venues de trois séances": [(debut, "1", 1), (date(2023, 1, 1), "2", 2)],
        "première laissée": [(debut, "1", 1), (date(2023, 3, 1), "2", 1), (date(2023, 4, 1), "3", 1), (date(2023, 5, 1), "4", 1)],
    }
    places = {ipp: sorted(iep for _, iep in paires) for ipp, paires in par_ensembles(patients, 3).items()}
    assert places == {
        "trois mois moins un jour": ["1", "2", "3"],
        "trois mois": [],
        "deux venues de trois séances": ["1", "2"],
        "première laissée": ["2", "3", "4"],
    }
