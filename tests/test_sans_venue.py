"""What a user reads when an establishment has no venue: the file, the column, the value, how many, what to do."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from socle.sans_venue import expliquer, resumer

JOUR = date(2023, 12, 31)
TABLES = """
    create schema staging; create schema qualite; create schema intermediaire;
    create table staging.stg_reference__etablissements (finess_ej varchar, source_sejours varchar);
    create table qualite.fichiers (finess_ej varchar, flux varchar, fichier varchar, etat varchar);
    create table qualite.rejets
        (finess_ej varchar, flux varchar, fichier varchar, motif varchar, colonne varchar, valeur varchar);
    create table staging.stg_gam__venues (finess_ej varchar, date_entree timestamp);
    create table intermediaire.int_venues_pmsi (finess_ej varchar, date_entree date);
    create table intermediaire.int_venues (finess_ej varchar);
    -- Of B, all is well; of C, nothing was ever sent.
    insert into staging.stg_reference__etablissements values ('B', 'GAM'), ('C', 'GAM');
    insert into qualite.fichiers values ('B', 'gam/venues', 'B/gam/venues_20230101.csv', 'LISIBLE');
    insert into intermediaire.int_venues values ('B');
"""
LISIBLE = "insert into qualite.fichiers values ('A', '{flux}', 'A/{flux}_1.csv', 'LISIBLE')"


def rejeter(nombre: int, motif: str, colonne: str, valeur: str, flux: str = "gam/venues", fichier: str = "1") -> str:
    """Reject rows of a file of A."""
    return (
        f"insert into qualite.rejets select 'A', '{flux}', 'A/{flux}_{fichier}.csv', '{motif}', {colonne}, {valeur}"
        f" from range({nombre})"
    )


@pytest.mark.parametrize(
    ("source", "requetes", "cause"),
    [
        (
            "GAM",
            [rejeter(2, "TYPE_ILLISIBLE", "'date_entree'", "'03/05/26'"), rejeter(1, "TYPE_ILLISIBLE", "'date_entree'", "'x'"),
             rejeter(2, "HORS_VALEURS", "'champ'", "'CHIR'"), rejeter(9, "OBLIGATOIRE_VIDE", "'ipp'", "null", "gam/patients")],
            "A/gam/venues_1.csv : 3 lignes rejetées, TYPE_ILLISIBLE date_entree « 03/05/26 » ; corrigez l’export",
        ),
        # The number of a venue is not shown.
        ("GAM", [rejeter(1, "TYPE_ILLISIBLE", "'iep'", "'2,30001E+12'")], "1 ligne rejetée, TYPE_ILLISIBLE iep ;"),
        ("GAM", [rejeter(4, "NOMBRE_DE_CHAMPS", "null", "null")], "4 lignes rejetées, NOMBRE_DE_CHAMPS ;"),
        ("GAM", [rejeter(1, "COLONNE_MANQUANTE", "'iep'", "null")], "venues_1.csv rejeté, la colonne iep manque"),
        ("GAM", [rejeter(5, "MESSAGE_ILLISIBLE", "'PID-3'", "'290017'", "gam/hl7")],
         "A/gam/hl7_1.csv : 5 lignes rejetées, MESSAGE_ILLISIBLE PID-3 ;"),
        # The lines of the PMSI say something where it gives the venues only.
        ("PMSI", [rejeter(2, "TYPE_ILLISIBLE", "'date_entree'", "'99'", "pmsi/mco")], "A/pmsi/mco_1.csv : 2 lignes rejetées"),
        ("GAM", [rejeter(2, "TYPE_ILLISIBLE", "'date_entree'", "'99'", "pmsi/mco"), LISIBLE.format(flux="pmsi/mco")],
         "écrivez PMSI dans etablissements.csv"),
        ("PMSI", [LISIBLE.format(flux="gam/patients")], "aucun fichier dans pmsi/"),
        ("GAM", ["insert into staging.stg_gam__venues values ('A', '2024-01-01'), ('A', '2024-02-01')"],
         "2 lues, la première du 01/01/2024, après la date d’extraction (31/12/2023) : corrigez SOCLE_DATE_EXTRACTION"),
        ("PMSI", ["insert into intermediaire.int_venues_pmsi values ('A', '2024-01-01')"], "1 lue, du 01/01/2024"),
        ("PMSI", ["insert into staging.stg_gam__venues values ('A', '2023-01-01')"], "PMSI n’en prend aucune de gam/"),
        ("GAM", [LISIBLE.format(flux="gam/venues")], "n’ont aucune ligne"),
        ("GAM", ["insert into qualite.fichiers values ('A', 'gam/venues', 'A/gam/venues_2.csv', 'ILLISIBLE')"],
         "A/gam/venues_2.csv : ILLISIBLE"),
    ],
)  # fmt: skip
def test_la_cause_est_dite(source: str, requetes: list[str], cause: str) -> None:
    with duckdb.connect(":memory:") as connexion:
        connexion.execute(TABLES)
        connexion.execute("insert into staging.stg_reference__etablissements values ('A', ?)", [source])
        connexion.execute("insert into qualite.fichiers values ('A', 'dpi/documents', 'A/dpi/documents_1.csv', 'LISIBLE')")
        for requete in requetes:
            connexion.execute(requete)
        causes = expliquer(connexion, JOUR)
    assert list(causes) == ["A"]
    assert cause in causes["A"]


def test_le_resume_nomme_le_premier_et_compte_les_autres() -> None:
    assert resumer({"A": "x"}) == "aucune venue de A : x"
    assert resumer({"A": "x", "B": "y", "C": "z"}) == "aucune venue de A : x (2 autres dans ce cas)"
