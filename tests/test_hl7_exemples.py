"""The real messages and documents given with the project: what each must become, written by hand."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from pathlib import Path

import pytest
from conftest import PARTAGE, TIERS, ecrire_zone, lire, une_fois
from test_hl7 import construire

from socle.lecture import hl7

EXEMPLES = PARTAGE / "exchange" / "examples"
pytestmark = pytest.mark.skipif(not EXEMPLES.is_dir(), reason=f"{TIERS} absents ({EXEMPLES})")

GAM, IMAGERIE, BIOLOGIE, ANCIENS, RECUS = (f"0200000{n:02d}" for n in range(1, 6))
INS, OID = "279035121518989", "1.2.250.1.213.1.4.10"


def avec_document(message: str, *documents: str) -> bytes:
    """A message whose truncated bodies are replaced by the headers of real documents."""
    texte = (EXEMPLES / message).read_text(encoding="utf-8")
    for document in documents:
        corps = base64.b64encode((EXEMPLES / document).read_bytes()).decode()
        texte = re.sub(r"(XML\^Base64\^)(?!PENsaW5pY2FsRG9jdW1lbnQgeG)[^|]*_?[^|]*", rf"\g<1>{corps}", texte, count=1)
    return texte.encode()


@pytest.fixture(scope="session")
def entrepot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def faire(dossier: Path) -> None:
        def brut(nom: str) -> bytes:
            return (EXEMPLES / nom).read_bytes()

        fichiers: dict[str, str | bytes] = {f"{GAM}/gam/hl7/{f.name}": f.read_bytes() for f in EXEMPLES.glob("pam_*.er7")}
        fichiers[f"{GAM}/gam/hl7/spec.hl7"] = brut("pam_A31_A47_INS_spec.txt")
        for nom in (
            "mdm_T02_init_crimg_N1.er7",
            "mdm_T10_rplc_crimg_N1_trim.er7",
            "mdm_T04_del_crimg_N1_trim.er7",
            "ack_AA_mdm_T10.er7",
        ):
            fichiers[f"{IMAGERIE}/dpi/hl7/{nom}"] = brut(nom)
        fichiers[f"{IMAGERIE}/gam/hl7/admission.er7"] = brut("pam_A01_SGL_admission.er7")
        fichiers[f"{BIOLOGIE}/dpi/hl7/a_n1_n3.hl7"] = avec_document(
            "oru_R01_init_crbio_N1_N3_v2.1.hl7", "cda_CRBIO_11502-2_N1_generique_entete.xml"
        )
        for nom in ("zam_Z01_dmp_KO_DMPClosed.er7", "zam_Z02_mss_OK.er7", "zam_Z03_lecture_OK.er7"):
            fichiers[f"{BIOLOGIE}/dpi/hl7/{nom}"] = brut(nom)
        for nom in ("mdm_T02_v1.2_ancien.hl7", "oru_R01_v1.2_ancien_COMP_LOT.hl7", "zam_Z01_v2.0_HL70136.er7"):
            fichiers[f"{ANCIENS}/dpi/hl7/{nom}"] = brut(nom)
        for nom in (
            "mdm_T02_ENTRANT_mss_LPS.er7",
            "ack_AE_spec.er7",
            "oru_R01_init_crbio_N3_trim.hl7",
            "oru_R01_rplc_crbio_N3_trim.hl7",
        ):
            fichiers[f"{RECUS}/dpi/hl7/{nom}"] = brut(nom)
        exports = ecrire_zone(dossier / "exports", fichiers, (GAM, IMAGERIE, BIOLOGIE, ANCIENS, RECUS))
        construire(exports, dossier / "sortie", "--vars", "{ins_de_test: true}")

    return une_fois(tmp_path_factory, "exemples_hl7", faire) / "sortie" / "entrepot.duckdb"


def lignes(entrepot: Path, table: str, colonnes: str, ej: str) -> list[tuple]:
    return lire(entrepot, f"select {colonnes} from staging.stg_{table} where finess_ej = '{ej}' order by all")


def test_tout_est_lu_ou_rejete(entrepot: Path) -> None:
    rejets = lire(entrepot, "select fichier, ligne, motif, colonne, message_id from qualite.rejets order by all")
    assert rejets == [
        # The line of comment before the first message of the specification's file.
        (f"{GAM}/gam/hl7/pam_A03_SGL_sortie_ZBE_DECALE.er7", 1, "COMBINAISON_INCOHERENTE", "ZBE-4", "3995"),
        (f"{GAM}/gam/hl7/spec.hl7", 1, "MESSAGE_ILLISIBLE", "MSH", None),
        # Truncated bodies: a MDM names its document, an ORU has no other place for its id.
        (f"{IMAGERIE}/dpi/hl7/mdm_T10_rplc_crimg_N1_trim.er7", 1, "CORPS_ILLISIBLE", "OBX-5", "015"),
        (f"{ANCIENS}/dpi/hl7/oru_R01_v1.2_ancien_COMP_LOT.hl7", 1, "CDA_ILLISIBLE", "OBX-5", "015"),
        (f"{RECUS}/dpi/hl7/oru_R01_init_crbio_N3_trim.hl7", 1, "CDA_ILLISIBLE", "OBX-5", "015"),
        (f"{RECUS}/dpi/hl7/oru_R01_rplc_crbio_N3_trim.hl7", 1, "CDA_ILLISIBLE", "OBX-5", "015"),
    ]
    (total,) = lire(
        entrepot, "select sum(nb_lues), sum(nb_retenues), sum(nb_rejetees) from qualite.fichiers where flux like '%hl7'"
    )
    assert total == (26, 21, 5)


def test_gam(entrepot: Path) -> None:
    assert lignes(
        entrepot, "gam__patients", "ipp, ins_matricule, ins_oid, statut_identite, date_naissance::varchar, sexe", GAM
    ) == [
        ("000003", INS, OID, "QUALIFIEE", "1979-03-28", "F"),
        # NIR before NIA, then the INS removed, then PROV: the last of the three messages.
        ("1900068", None, None, "PROVISOIRE", "1960-05-30", "F"),
    ]
    colonnes = "iep, ipp, numero_sejour, champ, uf, finess_geo, date_entree, date_sortie"
    assert lignes(entrepot, "gam__venues", colonnes, GAM) == [
        ("000197406", "000003", "24000007", "MCO", "6268", "000897406", datetime(2024, 3, 7, 11), None),
        ("000297406", "000003", "24000008", "MCO", "6268", "000897406", datetime(2024, 3, 9, 11), None),
        ("000897406", "000003", "24000006", "MCO", "6268", "000897406", datetime(2024, 3, 6, 11), None),
        ("000997406", "000003", "24000010", "MCO", "6268", "000897406", datetime(2024, 3, 11, 11), None),
    ]
    colonnes = "date_constat, statut_dmp, opposition_alimentation, consentement_consultation, iep"
    assert lignes(entrepot, "gam__statuts_dmp", colonnes, GAM) == [
        (datetime(2024, 3, 6, 11, 11, 54), "ACTIF", False, True, "000897406"),
        (datetime(2024, 3, 7, 11, 11, 54), "ACTIF", False, False, "000197406"),
        (datetime(2024, 3, 9, 11, 11, 54), "ACTIF", True, False, "000297406"),
        (datetime(2024, 3, 11, 11, 11, 54), "ACTIF", False, None, "000997406"),
    ]
    assert lignes(entrepot, "gam__venues_correspondants", "iep, correspondant_id, role", GAM) == [
        (iep, "10000023084", "MEDECIN_TRAITANT") for iep in ("000197406", "000297406", "000897406", "000997406")
    ]


def test_imagerie(entrepot: Path) -> None:
    v1, v2 = (f"1.2.250.1.71.4.2.2.120456789.7102400008{n}" for n in (1, 2))
    colonnes = "document_id, set_id, version, ipp, iep, type_code, niveau_cda, ins_qualifiee, date_creation, correspondant_id"
    # The patient has no IPP in the message: the INS gives it. Bodies are truncated: no level, the INS is that of PID.
    assert lignes(entrepot, "dpi__documents", colonnes, IMAGERIE) == [
        (d, v1, n, "000003", "000897406", "18748-4", None, True, datetime(2022, 12, 16, 9, 32), "01234567897")
        for n, d in ((1, v1), (2, v2))
    ]
    assert lignes(entrepot, "dpi__transmissions_dmp", "document_id, operation, statut, date_envoi", IMAGERIE) == [
        (v1, "AJOUT", "INCONNU", datetime(2021, 6, 6, 9, 31)),
        (v2, "REMPLACEMENT", "INCONNU", datetime(2021, 6, 6, 9, 31)),
        (v2, "SUPPRESSION", "INCONNU", datetime(2021, 6, 6, 9, 31)),
    ]
    assert lignes(entrepot, "dpi__transmissions_mss", "document_id, canal, adresse_destinataire, statut", IMAGERIE) == [
        (d, "PRO", "adam.hoda@test-ci-sis.mssante.fr", "INCONNU") for d in (v1, v2)
    ]


def test_biologie(entrepot: Path) -> None:
    ident = "1.3.6.1.4.1.19376.1.2.20.12345.1.1"
    colonnes = "document_id, set_id, version, ipp, iep, type_code, niveau_cda, ins_qualifiee, date_creation"
    # No GAM says who it is: the INS stands for the patient.
    assert lignes(entrepot, "dpi__documents", colonnes, BIOLOGIE) == [
        # « +0100 » in April: an hour later at the clock of Paris.
        (ident, ident[:-2], 1, INS, "000897406", "11502-2", "N1", True, datetime(2021, 4, 1, 14, 47, 45))
    ]
    assert lignes(entrepot, "dpi__transmissions_dmp", "document_id, statut, code_erreur", BIOLOGIE) == [
        (ident, "ECHEC", "DMPClosed")
    ]
    assert lignes(entrepot, "dpi__transmissions_mss", "canal, adresse_destinataire, statut", BIOLOGIE) == [
        ("CITOYENNE", None, "INCONNU"),
        ("PRO", "adam.hoda@test-ci-sis.mssante.fr", "REUSSI"),
    ]
    assert lignes(entrepot, "gam__statuts_dmp", "ipp, date_constat, statut_dmp", BIOLOGIE) == [
        (INS, datetime(2021, 6, 6, 9, 33), "FERME")
    ]


def test_anciens_et_recus(entrepot: Path) -> None:
    assert lignes(entrepot, "dpi__documents", "document_id, ipp, type_code, ins_qualifiee", ANCIENS) == [
        ("2638", "276037510669380", "11502-2", True)
    ]
    assert lignes(entrepot, "dpi__transmissions_dmp", "document_id, statut", ANCIENS) == [("2638", "ECHEC")]
    # DESTMSSANTEPS without a recipient reaches nobody.
    assert lignes(entrepot, "dpi__transmissions_mss", "*", ANCIENS) == []
    for table in ("dpi__documents", "dpi__transmissions_dmp", "dpi__transmissions_mss"):
        assert lignes(entrepot, table, "*", RECUS) == []


@pytest.mark.parametrize(
    ("nom", "document_id", "set_id", "version", "code", "niveau", "parents", "modalites", "destinataires"),
    [
        ("CRBIO_11502-2_N1_generique", "1.3.6.1.4.1.19376.1.2.20.12345.1.1", "1.3.6.1.4.1.19376.1.2.20.12345.1", "1", "11502-2", "N1", [], [], []),
        ("CRBIO_11502-2_N3", "1.2.250.1.213.1.1.1.55.2024.5.1", "1.2.250.1.213.1.1.1.55.2024.5", "1", "11502-2", "N3", [], [], []),
        ("CRCONSULT_11488-4_N3", "1.2.250.1.213.1.1.1.25.2022.1.1", "1.2.250.1.213.1.1.1.25.2022.1", "1", "11488-4", "N3", [], [], []),
        ("CRIMG_18748-4_N1_RPLC_v2", "1.2.250.1.213.4.5.4.403", "D52DE737-001D-4031-B571-0A0ED7C42300", "2", "18748-4", "N1", ["1.2.250.1.213.4.5.4.402"], ["RM"], []),
        ("CRIMG_18748-4_N1_SANS_setId", "1.2.250.1.71.4.2.2.120456789.71024000081", None, "1", "18748-4", "N1", [], [], ["801234567897"]),
        ("CRIMG_18748-4_N1", "1.2.250.1.213.1.1.1.45.2024.2.1", "1.2.250.1.213.1.1.1.45.2024.2", "2", "18748-4", "N1", ["90E1C8EC-F951-4B26-A305-A34848818DD6"], ["CT", "CT", "CT"], []),
        ("LDL-ENTREE_18761-7_N3", "1.2.250.1.213.1.1.1.21.2022.1.1", "1.2.250.1.213.1.1.1.21.2022.1", "1", "18761-7", "N3", [], [], []),
        ("LDL_11490-0_N3", "1.2.250.1.213.1.1.1.29.2022.1.1", "1.2.250.1.213.1.1.1.29.2022.1", "1", "11490-0", "N3", [], [], ["801234567897", "801234567896"]),
        ("PRESC_57833-6_N3", "1.2.250.1.213.1.1.1.39.2024.1.1", "1.2.250.1.213.1.1.1.39.2024.1", "1", "57833-6", "N3", [], [], []),
    ],
)  # fmt: skip
def test_entetes(nom, document_id, set_id, version, code, niveau, parents, modalites, destinataires) -> None:
    octets = (EXEMPLES / f"cda_{nom}_entete.xml").read_bytes()
    entete = hl7.lire_entete(base64.b64encode(octets))
    assert entete["etat"] == "CDA"
    lu = [
        entete[cle]
        for cle in ("document_id", "set_id", "version", "type_code", "niveau", "parents", "modalites", "destinataires")
    ]
    assert lu == [document_id, set_id, version, code, niveau, parents, modalites, destinataires]
    assert f"{OID}^{INS}" in entete["patients"]
