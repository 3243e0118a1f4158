"""The analyses run on the demonstration and say what the marts say."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from conftest import RACINE

ANALYSES = sorted(f.stem for f in (RACINE / "analyses").glob("*.sql"))


@pytest.fixture(scope="module")
def connexion(entrepot_demo: Path, sql_compile: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse of the demonstration, with each analysis as a temporary table."""
    with duckdb.connect() as connexion:
        connexion.execute(f"attach '{entrepot_demo}' as entrepot (read_only)")
        for nom in ANALYSES:
            requete = (sql_compile / "analyses" / f"{nom}.sql").read_text(encoding="utf-8")
            connexion.execute(f"create temp table {nom} as {requete}")
        yield connexion


@pytest.mark.parametrize("nom", ANALYSES)
def test_une_analyse_donne_des_lignes(connexion: duckdb.DuckDBPyConnection, nom: str) -> None:
    assert connexion.execute(f"select count(*) from {nom}").fetchone()[0] > 0


def test_tout_corriger_mene_a_100_points(connexion: duckdb.DuckDBPyConnection) -> None:
    ecarts = connexion.execute(
        "select indicateur, finess_ej, sum(gain_points) + any_value(taux) from sejours_a_corriger group by all"
    ).fetchall()
    assert ecarts and all(total == pytest.approx(100) for _, _, total in ecarts)


def test_structure_et_performance_font_toute_l_evolution(connexion: duckdb.DuckDBPyConnection) -> None:
    lignes = connexion.execute(
        """
        select
            effets.finess_ej,
            sum(effet_performance_points) + sum(effet_structure_points),
            any_value(evolution.evolution_points),
            count(*)
        from pourquoi_le_taux_bouge as effets
        inner join entrepot.marts.evolution as evolution
            on effets.finess_ej = evolution.finess_ej and evolution.indicateur = 'P1.O2.LDL'
            and evolution.periode_debut = date '2023-12-01'
        group by effets.finess_ej
        """
    ).fetchall()
    assert lignes and max(nombre for *_, nombre in lignes) > 1
    assert all(somme == pytest.approx(evolution) for _, somme, evolution, _ in lignes)


def test_le_retard_compte_tous_les_documents_alimentes(connexion: duckdb.DuckDBPyConnection) -> None:
    analyse = connexion.execute(
        "select sum(nb_documents_alimentes), sum(nb_en_retard), min(delai_median_jours) from documents_alimentes_tard"
    ).fetchone()
    attendu = connexion.execute(
        """
        select count(*), count(*) filter (where date_alimentation > date_creation + 7)
        from entrepot.intermediaire.int_documents where est_alimente
        """
    ).fetchone()
    assert analyse[:2] == attendu and attendu[1] > 0 and analyse[2] >= 0
