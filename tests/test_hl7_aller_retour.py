"""The same activity as tables and as messages gives the same séjours, documents and indicators."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import messages_hl7
import pytest
from conftest import PARTAGE, lire, socle, une_fois
from rejeu import SEMANTIQUES, rejouer

from socle.lecture.contrat import contrat
from socle.lecture.depot import consulter
from socle.lecture.pmsi_transmissions import PART_CUMULATIVE

# What no message says is empty, and counts as the table's value does; identifiers of sendings are the message's; a message
# carries the INS of a validated identity only.
NON_PORTEES = {"categorie_biologie", "message_id", "transmission_id", "lot_id", "ligne_source", "source", "nb_avec_ins"}
DES_MESSAGES_SEULS = ("int_gam_messages", "int_dpi_messages", "int_gam_absorptions")
SCHEMAS = ("marts", "populations", "intermediaire")


def lignes_du_contrat(depot: duckdb.DuckDBPyConnection, flux: str, finess: str, colonnes: list[str]) -> list[dict[str, object]]:
    relation = f"depot.{flux.replace('/', '_')}"
    lues = depot.execute(
        f"select {', '.join(colonnes)} from {relation} where finess_ej = '{finess}'"
        f" and ligne_source not in (select ligne_source from {relation}_remplacees) order by all"
    ).fetchall()
    return [dict(zip(colonnes, ligne, strict=True)) for ligne in lues]


@pytest.fixture(scope="module")
def golden_en_messages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    golden = PARTAGE / "golden_v2" / "exports"
    if not golden.is_dir():
        pytest.skip(f"dossier partagé {golden} absent")

    def faire(dossier: Path) -> None:
        necessaires = (*messages_hl7.FLUX, "gam/unites_fonctionnelles")
        shutil.copytree(golden, dossier / "exports")
        (dossier / "lac").mkdir()
        colonnes = {flux: [colonne.nom for colonne in contrat()[flux]] for flux in necessaires}
        with consulter(golden, dossier / "lac", {PART_CUMULATIVE: 0.5}, lambda mot: None) as (depot, _):
            for ej in (d for d in (dossier / "exports").iterdir() if d.is_dir()):
                contenu = {flux: lignes_du_contrat(depot, flux, ej.name, colonnes[flux]) for flux in messages_hl7.FLUX}
                unites = lignes_du_contrat(depot, "gam/unites_fonctionnelles", ej.name, colonnes["gam/unites_fonctionnelles"])
                ecriture = messages_hl7.ecrire(ej, ej.name, contenu, unites)
                for flux in messages_hl7.FLUX:
                    for fichier in ej.glob(f"{flux}_2*"):
                        fichier.unlink()
                    # Messages carry their share of every flux.
                    assert len(ecriture.reste[flux]) < len(contenu[flux])
                messages_hl7.deposer(ej, ecriture.reste, date(2024, 1, 15))
        resultat = socle(dossier / "exports", dossier / "sortie")
        assert resultat.returncode == 0, resultat.stdout + resultat.stderr

    return une_fois(tmp_path_factory, "golden_hl7", faire) / "sortie" / "entrepot.duckdb"


@pytest.mark.parametrize("nom", SEMANTIQUES)
def test_une_autre_semantique_donne_les_memes_lignes(nom: str, sql_compile: Path, golden_en_messages: Path) -> None:
    rejoues, differents = rejouer(nom, sql_compile, golden_en_messages, modeles="int_")
    assert rejoues > 10
    assert differents == []


def test_golden_en_messages(golden_en_messages: Path) -> None:
    golden = PARTAGE / "golden_v2"
    comparaisons = (
        (
            "compare.py",
            golden / "expected" / "results.csv",
            golden_en_messages,
            "--catalogue",
            PARTAGE / "spec" / "indicators.csv",
        ),
        ("compare_rest.py", golden / "expected", golden_en_messages),
    )
    for script, *arguments in comparaisons:
        resultat = subprocess.run(
            [sys.executable, golden / script, *arguments, "--present-only", "--sauf", "lectures"], capture_output=True, text=True
        )
        assert resultat.returncode == 0, resultat.stdout
    assert lire(golden_en_messages, "select * from qualite.rejets where flux like '%hl7'") == []
    assert lire(golden_en_messages, "select count(*) > 0 from staging.stg_dpi__documents where source = 'HL7'") == [(True,)]


@pytest.fixture(scope="module")
def demo_en_messages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from demo import ecrire

    def faire(dossier: Path) -> None:
        ecrire(dossier / "exports", echelle=0.5, hl7="messages")
        resultat = socle(dossier / "exports", dossier / "sortie")
        assert resultat.returncode == 0, resultat.stdout + resultat.stderr

    return une_fois(tmp_path_factory, "demo_hl7", faire) / "sortie" / "entrepot.duckdb"


def test_demonstration_en_messages(entrepot_demo: Path, demo_en_messages: Path) -> None:
    # The views of a warehouse name it as its file does: each is read by a connection of its own.
    with duckdb.connect(entrepot_demo, read_only=True) as tables, duckdb.connect(demo_en_messages, read_only=True) as messages:
        relations = tables.execute(
            "select schema_name, table_name, list(column_name order by column_index) from duckdb_columns()"
            f" where database_name = current_database() and schema_name in {SCHEMAS} group by all order by all"
        ).fetchall()
        assert {schema for schema, _, _ in relations} == set(SCHEMAS)
        differentes = {}
        for schema, nom, colonnes in relations:
            # The other readings are of the same rows, and not built here.
            if nom in ("int_flux_presents", "lectures") or nom.startswith(DES_MESSAGES_SEULS):
                continue
            choisies = ", ".join(f'"{c}"' for c in colonnes if c not in NON_PORTEES)
            relation = f"from {schema}.{nom} select {choisies}"
            autres = messages.execute(relation).to_arrow_table()  # noqa: F841
            nombre = tables.execute(
                f"select count(*) from (({relation} except all from autres) union all (from autres except all {relation}))"
            ).fetchone()
            if nombre and nombre[0]:
                differentes[nom] = nombre[0]
    assert differentes == {}


def test_messages_et_fautes_de_la_demonstration(demo_en_messages: Path) -> None:
    par_source = dict(lire(demo_en_messages, "select source, count(*) from staging.stg_dpi__documents group by source"))
    assert par_source["HL7"] > 500
    rejets = lire(demo_en_messages, "select distinct motif from qualite.rejets where flux like '%hl7' order by 1")
    assert rejets == [("HORS_VALEURS",), ("SEGMENT_MANQUANT",), ("TYPE_NON_TRAITE",)]
