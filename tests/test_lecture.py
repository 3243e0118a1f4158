"""The landing zone as hospitals write it: every variant is read, every faulty row is rejected with its reason."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from conftest import PARTAGE, RACINE, dbt, ecrire_zone, lire, une_fois

from socle import graines
from socle.lecture.depot import vues_vides
from socle.lecture.octets import inspecter

A, B = "010000001", "2A0000022"
VENUES = "iep;ipp;finess_geo;champ;mode_hospitalisation;date_entree;date_sortie;nb_seances\n"


def parquet() -> bytes:
    """A Parquet export with native types, a whole number stored as a double and a null."""
    table = pa.table(
        {
            "iep": ["P1", "P2"],
            "ipp": ["1", "2"],
            "finess_geo": [A, A],
            "champ": ["MCO", "MCO"],
            "date_entree": [datetime(2023, 1, 2, 3, 4, 5), datetime(2023, 1, 3)],
            "date_sortie": pa.array([None, datetime(2023, 1, 4)], pa.timestamp("us")),
            "nb_seances": [2.0, None],
        }
    )
    tampon = io.BytesIO()
    pq.write_table(table, tampon)
    return tampon.getvalue()


FICHIERS: dict[str, str | bytes] = {
    # Two establishments that share every identifier; BOM, CRLF, blank lines, header only.
    f"{A}/gam/venues_20230101.csv": (
        VENUES
        + f"0001;007;{A};MCO;COMPLETE;2023-01-01 10:00:00;2023-01-05T11:00:00;\n"
        + f"0002;007;{A};MCO;COMPLETE;2023-01-01;;\n"
        + "\n   \n"
        + f"0003;007;{A};MCO;SEANCE;2023-01-01 10:00;2023-01-01;3\n"  # an exit without a time
        + f"0004;007;{A};MCO;COMPLETE;2023-01-05 10:00:00;2023-01-04 23:59:59;\n"  # line 7
        + f"0005;007;{A};MCO;COMPLETE;2023-02-30;;\n"  # line 8
        + f"0006;007;{A};mco;COMPLETE;2023-01-01;;\n"  # line 9
        + f"0007;007;{A}1;MCO;COMPLETE;2023-01-01;;\n"  # line 10
        + f"0008;;{A};MCO;COMPLETE;hier;;\n"  # line 11: the first faulty column is named
        + f"0009;007;{A};MCO;COMPLETE;2023-01-01;;0\n"  # line 12
        + f"0010;007;{A};MCO;COMPLETE;2023-01-01;;3.7\n"  # line 13
        + f"0011;007;{A};MCO;COMPLETE;2023-01-01\n"  # line 14
        + f"0012;007;{A};MCO;COMPLETE;2023-01-01;;;;\n"  # line 15
        + f"0013;007;{A};MCO;COMPLETE;01/02/2023;;\n"  # line 16: the other form than the file's
        + f"0014;007;{A};MCO;COMPLETE;2023-01-01T10:00:00+02:00;;\n"
    ),
    # A later file supersedes 0002; its faulty row does not supersede 0001.
    f"{A}/gam/venues_20230201.csv": VENUES
    + f"0002;007;{A};MCO;COMPLETE;2023-01-01;2023-01-09;\n0001;007;{A};MCO;COMPLETE;jamais;;\n",
    # Same day of extraction: the greatest file name, then the last line.
    f"{A}/gam/venues_20230201_suite.csv": VENUES
    + f"0002;007;{A};MCO;COMPLETE;2023-01-01;2023-01-10;\n0002;007;{A};MCO;COMPLETE;2023-01-01;2023-01-11;\n",
    f"{A}/gam/venues_20230301.parquet": parquet(),
    f"{B}/gam/venues_20230101.csv": "\ufeff" + VENUES.replace("\n", "\r\n") + f"0001;007;{B};PSY;COMPLETE;2023-03-01;;\r\n",
    f"{A}/gam/patients_20230101.csv": "ipp;statut_identite;identite_douteuse;identite_fictive;date_naissance;inconnue\n",
    # CP1252 with its own characters, a tabulation, French dates in the majority.
    f"{A}/gam/services_20230101.csv": (
        "service_id\tlibelle\ttype_service\tconsultations_externes\trdv_en_ligne\tdpi_deploye\tacces_cr_et_images\t"
        "dpi_integre_documents\nS1\tCœur – 1er étage (l’été)\tSOINS\tOUI\tNon\t1\t0\tTRUE\n"
    ).encode("cp1252"),
    f"{A}/gam/correspondants_20230101.csv": (
        "correspondant_id,adresse_mss,date_maj\nC1,a@x.mssante.fr,31/12/2022\nC2,,01/02/2023\nC3,,2023-02-01\nC4,,31/02/2023\n"
    ),
    # Quotes: delimiter, doubled quote, line breaks inside a value; a stray quote is a character.
    f"{A}/declaratif/declarations_20230101.csv": (
        "code;date_declaration;valeur;justification\n"
        'D4.1;2023-01-01;OUI;"PV ; séance « 3 », dit ""final"""\n'
        'D5.1;2023-01-02;OUI;"ligne 1\nligne 2\nligne 3"\n'
        'D5.3;2023-01-03;NON;écran 24" au bloc\n'
        '"D6.2" ; 2023-01-04 ;"NA"; "" \n'
        "D7.2;2023-01-05;PEUT-ÊTRE;\n"  # line 8
    ),
    f"{A}/declaratif/parcours_eligibles_20230101.csv": (
        "cas_usage;uf;champ;date_debut;date_fin\nC;;;2023-01-01;\nC;;;2023-02-01;\nC;10;;2023-01-01;\n"
    ),
    f"{A}/national/cnam_appels_insi_20230101.csv": "mois;nb_appels\n2023-01-01;5\n2023-01-02;5\n2023-02-01;-1\n",
    f"{A}/national/ans_mssante_20230101.csv": "mois;taux_equipement\n2023-01-01;100.5\n2023-02-01;62.5\n2023-03-01;1e1\n",
    f"{A}/dpi/transmissions_mss_20230101.csv": (
        "message_id;ipp;canal;adresse_destinataire;date_envoi;statut\n"
        "M1;1;PRO;;2023-01-01;REUSSI\nM2;1;CITOYENNE;;2023-01-01;REUSSI\nM3;1;PRO;a@b.mssante.fr;2023-01-01;REUSSI\n"
    ),
    f"{A}/dpi/utilisateurs_20230101.csv": "utilisateur_id;actif\nU1;true\n",
    f"{A}/dpi/prescriptions_20230101.csv": b"",
    f"{A}/dpi/documents_20231399.csv": "document_id\n",
    f"{A}/dpi/notes.txt": "rien\n",
    "archives/vieux.csv": "rien\n",
}

REJETS = {
    ("gam/venues", 7, "date_sortie", "2023-01-04 23:59:59", "DATES_INCOHERENTES"),
    ("gam/venues", 8, "date_entree", "2023-02-30", "TYPE_ILLISIBLE"),
    ("gam/venues", 9, "champ", "mco", "HORS_VALEURS"),
    ("gam/venues", 10, "finess_geo", f"{A}1", "HORS_VALEURS"),
    ("gam/venues", 11, "ipp", None, "OBLIGATOIRE_VIDE"),
    ("gam/venues", 12, "nb_seances", "0", "HORS_VALEURS"),
    ("gam/venues", 13, "nb_seances", "3.7", "TYPE_ILLISIBLE"),
    ("gam/venues", 14, None, None, "NOMBRE_DE_CHAMPS"),
    ("gam/venues", 15, None, None, "NOMBRE_DE_CHAMPS"),
    ("gam/venues", 16, "date_entree", "01/02/2023", "TYPE_ILLISIBLE"),
    ("gam/venues", 3, "date_entree", "jamais", "TYPE_ILLISIBLE"),
    ("gam/correspondants", 4, "date_maj", "2023-02-01", "TYPE_ILLISIBLE"),
    ("gam/correspondants", 5, "date_maj", "31/02/2023", "TYPE_ILLISIBLE"),
    ("declaratif/declarations", 8, "valeur", "PEUT-ÊTRE", "HORS_VALEURS"),
    ("national/cnam_appels_insi", 3, "mois", "2023-01-02", "HORS_VALEURS"),
    ("national/cnam_appels_insi", 4, "nb_appels", "-1", "HORS_VALEURS"),
    ("national/ans_mssante", 2, "taux_equipement", "100.5", "HORS_VALEURS"),
    ("national/ans_mssante", 4, "taux_equipement", "1e1", "TYPE_ILLISIBLE"),
    ("dpi/transmissions_mss", 2, "adresse_destinataire", None, "OBLIGATOIRE_VIDE"),
    ("dpi/utilisateurs", 1, "profil", None, "COLONNE_MANQUANTE"),
    ("dpi/prescriptions", 1, "prescription_id", None, "COLONNE_MANQUANTE"),
}


SORTIE = "l'entrepôt [1]*"


@pytest.fixture(scope="session")
def entrepot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def faire(dossier: Path) -> None:
        # The signs of a pattern, and a quote, are letters of a path like any other.
        exports = ecrire_zone(dossier / "l'exports [1]*?", FICHIERS, (A, B))
        # A link to a file is that file; one that leads to a folder, to itself or to nothing is reported.
        depose = (exports / A / "gam" / "venues_20230301.parquet").rename(dossier / "depose.parquet")
        (exports / A / "gam" / "venues_20230301.parquet").symlink_to(depose)
        (exports / A / "dpi" / "boucle").symlink_to(exports)
        (exports / A / "dpi" / "perdu.txt").symlink_to(dossier / "nulle_part.txt")
        dbt(
            exports, dossier / SORTIE, "build", "--select", "+staging", "+qualite.fichiers", "+qualite.rejets", "+qualite.alertes_lecture",
            "--exclude", "test_type:unit", "test_type:singular",
        )  # fmt: skip

    return une_fois(tmp_path_factory, "lecture", faire) / SORTIE / "entrepot.duckdb"


def test_every_faulty_row_is_rejected_with_its_place_and_reason(entrepot: Path) -> None:
    lus = lire(entrepot, "select flux, ligne, colonne, valeur, motif from qualite.rejets")
    assert len(lus) == len(REJETS)
    assert set(lus) == REJETS


def test_read_equals_kept_superseded_and_rejected_for_every_file(entrepot: Path) -> None:
    comptes = lire(
        entrepot,
        "select fichier, nb_lignes, nb_lues, nb_retenues, nb_remplacees, nb_rejetees, nb_ignorees from qualite.fichiers"
        " where etat = 'LISIBLE'",
    )
    assert comptes
    for fichier, nb_lignes, nb_lues, *sorts in comptes:
        assert nb_lignes == nb_lues == sum(sorts), fichier
    venues = {f: s for f, *s in comptes}[f"{A}/gam/venues_20230201.csv"]
    assert venues == [2, 2, 0, 1, 1, 0]
    assert {f: s for f, *s in comptes}[f"{A}/gam/venues_20230101.csv"][-1] == 2


def test_rows_lines_and_rejects_of_the_demonstration_agree_with_an_independent_count(
    exports_demo: Path, entrepot_demo: Path
) -> None:
    """Counts of csv.reader on every UTF-8 file against the warehouse's."""
    comptes = dict(lire(entrepot_demo, "select fichier, nb_lues from qualite.fichiers where etat = 'LISIBLE'"))
    vus = 0
    for chemin in exports_demo.rglob("*.csv"):
        nom = str(chemin.relative_to(exports_demo))
        if nom not in comptes or nom.count("/") > 2:
            continue
        texte = chemin.read_bytes().decode("cp1252", errors="replace")
        attendu = sum(
            1 for ligne in csv.reader(io.StringIO(texte), delimiter="\x01", quoting=csv.QUOTE_NONE) if "".join(ligne).strip()
        )
        assert comptes[nom] == attendu - 1, nom
        vus += 1
    assert vus > 50


def test_variants_of_the_field_are_read(entrepot: Path) -> None:
    assert lire(entrepot, "select libelle, consultations_externes, rdv_en_ligne from staging.stg_gam__services") == [
        ("Cœur – 1er étage (l’été)", True, False)
    ]
    assert lire(
        entrepot, "select correspondant_id, cast(date_maj as varchar) from staging.stg_gam__correspondants order by 1"
    ) == [
        ("C1", "2022-12-31"),
        ("C2", "2023-02-01"),
    ]
    assert lire(entrepot, "select code, valeur, justification from staging.stg_declaratif__declarations order by 1") == [
        ("D4.1", "OUI", 'PV ; séance « 3 », dit "final"'),
        ("D5.1", "OUI", "ligne 1 ligne 2 ligne 3"),
        ("D5.3", "NON", 'écran 24" au bloc'),
        ("D6.2", "NA", None),
    ]


def test_latest_extraction_then_greatest_name_then_last_line_wins(entrepot: Path) -> None:
    venues = lire(
        entrepot,
        f"select iep, ipp, cast(date_entree as varchar), cast(date_sortie as varchar), nb_seances"
        f" from staging.stg_gam__venues where finess_ej = '{A}' order by 1",
    )
    assert venues == [
        ("0001", "007", "2023-01-01 10:00:00", "2023-01-05 11:00:00", None),
        ("0002", "007", "2023-01-01 00:00:00", "2023-01-11 00:00:00", None),
        ("0003", "007", "2023-01-01 10:00:00", "2023-01-01 00:00:00", 3),
        ("0014", "007", "2023-01-01 09:00:00", None, None),
        ("P1", "1", "2023-01-02 03:04:05", None, 2),
        ("P2", "2", "2023-01-03 00:00:00", "2023-01-04 00:00:00", None),
    ]


def test_an_empty_key_column_is_a_value_of_the_key(entrepot: Path) -> None:
    assert lire(
        entrepot, "select uf, cast(date_debut as varchar) from staging.stg_declaratif__parcours_eligibles order by 1 nulls first"
    ) == [(None, "2023-02-01"), ("10", "2023-01-01")]


def test_establishments_that_share_identifiers_do_not_mix(entrepot: Path) -> None:
    assert lire(entrepot, "select finess_ej, champ from staging.stg_gam__venues where iep = '0001' order by 1") == [
        (A, "MCO"),
        (B, "PSY"),
    ]


def test_what_is_not_read_is_reported(entrepot: Path) -> None:
    assert lire(entrepot, "select fichier from qualite.fichiers where etat = 'FICHIER_INCONNU' order by 1") == [
        (f"{A}/dpi/boucle",),
        (f"{A}/dpi/documents_20231399.csv",),
        (f"{A}/dpi/notes.txt",),
        (f"{A}/dpi/perdu.txt",),
        ("archives/vieux.csv",),
    ]
    assert lire(entrepot, "select colonnes_inconnues from qualite.fichiers where fichier like '%patients%'") == [("inconnue",)]


def test_an_absent_flux_is_an_empty_typed_relation(entrepot: Path) -> None:
    assert lire(entrepot, "select count(*) from staging.stg_dpi__transmissions_dmp") == [(0,)]
    types = dict(
        lire(
            entrepot,
            "select column_name, data_type from information_schema.columns where table_name = 'stg_dpi__transmissions_dmp'",
        )
    )
    assert types["date_envoi"] == "TIMESTAMP"
    assert types["reprise_historique"] == "BOOLEAN"


def test_every_flux_of_the_contract_has_its_staging_model() -> None:
    flux = {ligne["flux"] for ligne in graines.lire("contrat_flux")}
    modeles = {f"{m.parent.name}/{m.stem.split('__')[1]}" for m in (RACINE / "models" / "staging").glob("*/stg_*__*.sql")}
    # What messages tell too has a model for what the tables tell alone.
    assert flux <= {modele.removesuffix("_tables") for modele in modeles}


def test_dbt_is_told_every_relation_of_the_lake() -> None:
    declarees = yaml.safe_load((RACINE / "models" / "staging" / "_depot.yml").read_text(encoding="utf-8"))["sources"][0]["tables"]
    montrees = {re.search(r"view depot[.](\w+)", vue)[1] for vue in vues_vides() if "view" in vue}
    assert {table["name"] for table in declarees} == montrees


def test_staging_leaves_out_what_a_later_extraction_replaces_and_nothing_else(entrepot_demo: Path) -> None:
    clause = re.compile(
        r"\nfrom \{\{ source\('depot', '(\w+)'\) \}\}"
        r"\nwhere ligne_source not in \(select ligne_source from \{\{ source\('depot', '(\w+)_remplacees'\) \}\}\)\n"
    )
    sans_remplacement = {"stg_reference__fichiers", "stg_pmsi__fichiers"}
    for modele in (RACINE / "models" / "staging").glob("*/*.sql"):
        sql = modele.read_text(encoding="utf-8")
        if modele.stem in sans_remplacement:
            assert "where" not in sql
            continue
        trouve = clause.search(sql)
        assert trouve and sql.endswith(trouve[0]), modele
        relation, lecteur = trouve.groups()
        assert f"{relation}_".startswith(f"{lecteur}_")
        ((rendues, en_vigueur),) = lire(
            entrepot_demo,
            f"""
            select (select count(*) from staging.{modele.stem}), count(*)
            from depot.{relation}
            anti join depot.{lecteur}_remplacees using (ligne_source)
            """,
        )
        assert rendues == en_vigueur, modele


@pytest.mark.skipif(not PARTAGE.is_dir(), reason="dossier partagé absent")
def test_the_contract_is_the_given_one() -> None:
    def lignes(chemin: Path, delimiteur: str) -> list[tuple[str, ...]]:
        cles = ("flux", "colonne", "type", "cle", "obligatoire", "valeurs", "controle")
        with open(chemin, encoding="utf-8") as fichier:
            return [tuple(ligne[cle] for cle in cles) for ligne in csv.DictReader(fichier, delimiter=delimiteur)]

    notres = [ligne for ligne in lignes(graines.chemin("contrat_flux"), ",") if not ligne[0].startswith("reference/")]
    assert notres == lignes(PARTAGE / "contract" / "flux.csv", ";")


@pytest.mark.parametrize(
    ("octets", "encodage", "delimiteur", "nb_lignes"),
    [
        (b"", "utf-8", ";", 0),
        (b"a;b", "utf-8", ";", 1),
        (b"a,b\n1,2\n\n \n", "utf-8", ",", 2),
        (b"a\tb\r\n1\t2\r\n", "utf-8", "\t", 2),
        (b"a;b\r1;2\r3;4", "utf-8", ";", 3),
        (b"a;b\n\xe9;2\n", "cp1252", ";", 2),
        (b"a;b\n1;\x00\n", "utf-8", ";", 2),
        (b"a;b\n1;\xc3", "cp1252", ";", 2),
    ],
)
def test_inspection_of_bytes(tmp_path: Path, octets: bytes, encodage: str, delimiteur: str, nb_lignes: int) -> None:
    chemin = tmp_path / "x_20230101.csv"
    chemin.write_bytes(octets)
    vu = inspecter(str(chemin))
    assert (vu["encodage"], vu["delimiteur"], vu["nb_lignes"], vu["erreur"]) == (encodage, delimiteur, nb_lignes, None)
