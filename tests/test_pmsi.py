"""PMSI files: the lines read, against slices made here; the faulty ones, each with its reason; a new version by its rows."""

from __future__ import annotations

import csv
import gzip
import io
import pickle
import re
import shutil
import zipfile
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import PARTAGE, RACINE, dbt, ecrire_zone, lire, une_fois

from socle import graines
from socle.lecture import pmsi, pmsi_formats
from socle.lecture.inventaire import inventorier
from socle.lecture.lac import Lac
from socle.lecture.pmsi import Pmsi

EJ = "010000001"
AUTRE_EJ = "2A0000022"
DERNIER_JOUR = "2026-12-31"


# --------------------------------------------------------------------------------------------------- sample lines

# Columns of the warehouse and the ATIH fields they come from.
CHAMPS = {
    "RSS_GROUPE": ("stg_pmsi__rss_rum", {
        "ghm": "CMD+GHM", "finess_pmsi": "NOFINESS", "numero_rss": "NORSS", "nda": "NAS", "numero_rum": "NORUM",
        "unite_medicale": "CDURM", "date_entree": "D8EEUE", "date_sortie": "D8SOUE", "mode_sortie": "MDSOUE",
        "nb_seances": "NBSEAN", "diagnostic_principal": "DP", "diagnostic_relie": "DR", "version_format": "NOVERG",
    }),
    "VID-HOSP": ("stg_pmsi__vidhosp", {
        "date_naissance": "DNAIS", "sexe": "SEXE", "nda": "NADL", "finess_pmsi": "FINESS", "sejour_facturable": "SFAC",
        "motif_non_facturation": "MNFAC", "nda_mere": "NADLM", "nouveau_ne_aupres_de_la_mere": "HNNM",
        "date_hospitalisation": "DTH", "numero_entree": "NENT", "rang_naissance": "RGN", "date_entree": "DENT",
        "date_sortie": "DSOR", "ipp": "IPP", "ins_matricule": "INS", "nb_disciplines": "NDMT", "version_format": "NFVH",
    }),
    "RHS_GROUPE": ("stg_pmsi__rhs", {
        "finess_pmsi": "NOFINESS", "numero_sejour": "NOSEJ", "nda": "NAS", "version_classification": "VCLASS",
        "categorie_majeure": "CM", "code_groupe": "CODE", "code_retour": "CDRTR", "indicateur_erreur": "INDERR",
        "date_entree": "DTENT", "date_sortie": "DTSORT", "date_naissance": "DTNAIS", "sexe": "SEXE",
        "type_hospitalisation": "TYPEHOSP", "date_entree_um": "D8EEUE", "mode_entree": "ECHPMSI", "provenance": "PROV",
        "date_sortie_um": "D8SOUE", "mode_sortie": "SCHPMSI", "destination": "DEST", "semaine": "NOSEM",
        "presence_semaine": "JOURNEES_HWE", "presence_week_end": "JOURNEES_WE", "unite_medicale": "NOUM",
        "type_autorisation": "TYPAUT", "date_intervention": "DTCHIR", "finalite_principale": "FPPC|FPP",
        "manifestation_morbide": "MMP", "affection_etiologique": "AE", "nb_diagnostics_associes": "NBDA",
        "nb_actes_csarr": "NBCSARR", "nb_actes_csar": "NBCSAR", "nb_actes_ccam": "NBCCAM", "version_format": "NOVRHS",
    }),
    "RPSS_GROUPE_EX-DGF": ("stg_pmsi__rpss", {
        "finess_pmsi": "NOFINESS", "finess_geo": "NOFINESSGEO", "ipp": "IPP", "numero_sejour": "NOSEJHAD",
        "date_naissance": "DTNAIS", "sexe": "SEXE", "type_lieu_domicile": "TYPLIEU", "finess_esms": "FINESSESMS",
        "date_entree": "DTENT", "mode_entree": "MDENT", "provenance": "PROV", "date_sortie": "DTSOR", "mode_sortie": "MDSOR",
        "destination": "DEST", "numero_sequence": "NOSEQ", "date_debut_sequence": "DTDEBSEQ",
        "date_fin_sequence": "DTFINSEQ", "mode_prise_en_charge_principal": "MPP", "mode_prise_en_charge_associe": "MPA",
        "indice_karnofsky": "KARNOFSKY", "nb_dcmpp": "NBDCMPP", "nb_dcmpa": "NBDCMPA", "nb_diagnostics_associes": "NBDA",
        "numero_sous_sequence": "NOSSEQ", "date_debut_sous_sequence": "DTDEBSSEQ", "date_fin_sous_sequence": "DTFINSSEQ",
        "derniere_sous_sequence": "DERNSSEQ", "nb_actes": "NBZA", "diagnostic_principal": "DP", "version_format": "NOVRPSS",
    }),
    "RPS": ("stg_pmsi__rps", {
        "finess_pmsi": "FINESS", "finess_geo": "FINESSGEO", "ipp": "IPP", "date_naissance": "DTNAIS", "sexe": "SEXE",
        "forme_activite": "FORMACT", "numero_sejour": "NAS", "date_entree": "DTENT", "mode_entree": "MDENTR",
        "provenance": "PROV", "date_sortie": "DTSORT", "mode_sortie": "MDSOR", "destination": "DEST",
        "unite_medicale": "NOUM", "secteur": "NOSDI", "mode_legal_soins": "MODLS", "date_debut_sequence": "DTDEBSEQ",
        "date_fin_sequence": "DTFINSEQ", "nb_jours_presence": "NBJP", "nb_demi_journees_presence": "NBDJP",
        "nb_jours_isolement": "NBJIT", "diagnostic_principal": "DP", "nb_diagnostics_associes": "NBDA", "nb_actes": "NBZA",
        "version_format": "NOFORMRPS",
    }),
    "RAA": ("stg_pmsi__raa", {
        "finess_pmsi": "NOFINESS", "finess_geo": "NOFINESSGEO", "ipp": "IPP", "date_naissance": "DTNAIS", "sexe": "SEXE",
        "forme_activite": "FORMACT", "unite_medicale": "NOUM", "secteur": "NOSDI", "mode_legal_soins": "MODLS",
        "date_acte": "DATE_ACTE", "nature_acte": "NATURE_ACTE", "lieu_acte": "LIEU_ACTE",
        "modalite_realisation": "MODREALACTE", "categorie_intervenant": "CATEGINTERV", "nb_intervenants": "NBINTERV",
        "activite_liberale": "INDACTLIB", "diagnostic_principal": "DP", "nb_diagnostics_associes": "NBDA",
        "version_format": "NOFMTRAA",
    }),
    "RSF-ACE": ("stg_pmsi__rsf", {
        "type_enregistrement": "TYENR", "finess_pmsi": "NOFINESS", "finess_geo": "NOFINESSGEO", "numero_entree": "NUMENT",
        "numero_facture": "NUMFACT", "sexe": "SEXE", "date_naissance": "DATNAIS", "nature_operation": "NATOP",
        "sejour_facturable": "SFACAM", "motif_non_facturation": "MONFAC", "date_entree": "DTENT", "date_sortie": "DTSOR",
        "ipp": "IPP", "ins_matricule": "INS", "mode_traitement": "MDTRT", "discipline_prestation": "DISPRES",
        "specialite_executant": "SPECEX", "date_soins": "DATSOINS|DTACTE", "code_acte": "CODACT|CDCCAM",
        "quantite": "QUANT", "activite_ccam": "ACTIV", "phase_ccam": "PHASE",
    }),
    "FICHCOMP_DIP": ("stg_pmsi__fichcomp", {
        "finess_pmsi": "NOFINESS", "type_prestation": "TYPEPREST", "nda": "NAS", "date_debut": "DTDEB", "date_fin": "DTFIN",
        "code": "CODE", "nb_supplements": "NBSUPP",
    }),
    "IUM": ("stg_pmsi__ium", {
        "unite_medicale": "NOUM", "finess_geo": "NOFINESSGEO", "type_autorisation": "TYPAUT", "date_effet": "DTEFFET",
        "nb_lits": "NBLITS", "mode_hospitalisation": "MODHOSP",
    }),
    "HOSP-PMSI": ("stg_pmsi__hosp_pmsi", {"numero_sejour": "NOSEJ_PMSI", "nda": "NAS"}),
}  # fmt: skip

# Tables of the zones: the ATIH zones they hold, what tells them apart, the columns and the ATIH fields.
ACTE_CCAM = {
    "date_acte": "DATE_ACTE", "code_acte": "CDCCAM", "extension_pmsi": "DESCRI", "phase": "PHASE", "activite": "ACT",
    "extension_documentaire": "EXTDOC", "nb_realisations": "NBEXEC",
}  # fmt: skip
ZONES = {
    ("RSS_GROUPE", "DA"): ("stg_pmsi__rss_diagnostics", "type_diagnostic = 'DAS'", {"code_diagnostic": "DAS"}),
    ("RSS_GROUPE", "DAD"): ("stg_pmsi__rss_diagnostics", "type_diagnostic = 'DAD'", {"code_diagnostic": "DAD"}),
    ("RSS_GROUPE", "ACTE"): ("stg_pmsi__rss_actes", "true", ACTE_CCAM | {
        "modificateurs": "MODIF", "remboursement_exceptionnel": "REMBEX", "association_non_prevue": "ASSONP",
        "horaire_dialyse": "HORDIAL", "modalite_dialyse": "TYPMODAUT",
    }),
    ("VID-HOSP", "DMT"): ("stg_pmsi__vidhosp_disciplines", "true", {
        "discipline": "DMT", "mode_traitement": "MDTRT", "date_debut": "DTDEB", "date_fin": "DTFIN", "quantite": "QUANT",
    }),
    ("RHS_GROUPE", "DA"): ("stg_pmsi__rhs_diagnostics", "true", {"code_diagnostic": "DA"}),
    ("RHS_GROUPE", "CSARR"): ("stg_pmsi__rhs_actes", "nomenclature = 'CSARR'", {
        "code_acte": "CSARR", "appareillage": "CDAPP", "modulateur_lieu": "CDMOD", "modulateur_patient": "CDPAT1",
        "modulateur_technicite": "CDPAT2", "intervenant": "CDINTER", "niveau_technicite": "TECHNI",
        "nb_realisations": "NBEXEC", "date_acte": "DATE_ACTE", "nb_patients": "NBPATREEL", "nb_intervenants": "NBINT",
        "extension_documentaire": "EXTDOC",
    }),
    ("RHS_GROUPE", "CSAR"): ("stg_pmsi__rhs_actes", "nomenclature = 'CSAR'", {
        "code_acte": "CSAR", "modulateur_lieu": "CDMOD", "modulateur_temps": "CDTEMPS", "modulateur_technicite": "CDTECH",
        "niveau_technicite": "NIVTECH", "intervenant": "CDINTER", "modalite_collective": "MDCOLLEC",
        "modalite_pluriprofessionnelle": "MDPLURI", "nb_realisations": "NBEXEC", "date_acte": "DATE_ACTE",
        "extension_documentaire": "EXTDOC",
    }),
    ("RHS_GROUPE", "CCAM"): ("stg_pmsi__rhs_actes", "nomenclature = 'CCAM'", ACTE_CCAM),
    ("RPSS_GROUPE_EX-DGF", "DCMPP"): ("stg_pmsi__rpss_diagnostics", "type_diagnostic = 'DCMPP'", {"code_diagnostic": "DCMPP"}),
    ("RPSS_GROUPE_EX-DGF", "DCMPA"): ("stg_pmsi__rpss_diagnostics", "type_diagnostic = 'DCMPA'", {"code_diagnostic": "DCMPA"}),
    ("RPSS_GROUPE_EX-DGF", "DA"): ("stg_pmsi__rpss_diagnostics", "type_diagnostic = 'DA'", {"code_diagnostic": "DA"}),
    ("RPSS_GROUPE_EX-DGF", "CCAM"): ("stg_pmsi__rpss_actes", "true", ACTE_CCAM),
    ("RPSS_GROUPE_EX-DGF", "GROUPAGE"): ("stg_pmsi__rpss_groupages", "true", {
        "version_classification": "VCLASS", "code_retour": "CDRTR", "ghpc": "GHPC", "nb_zones_tarifaires": "NBZT",
    }),
    ("RPSS_GROUPE_EX-DGF", "ZONE_TARIFAIRE"): ("stg_pmsi__rpss_zones_tarifaires", "true", {
        "ght": "GHT", "date_debut": "DTDEBZT", "date_fin": "DTFINZT", "nb_jours": "NBJZT",
    }),
    ("RPS", "DA"): ("stg_pmsi__rps_diagnostics", "true", {"code_diagnostic": "DA"}),
    ("RPS", "CCAM"): ("stg_pmsi__rps_actes", "true", ACTE_CCAM),
    ("RAA", "DA"): ("stg_pmsi__raa_diagnostics", "true", {"code_diagnostic": "DA"}),
}  # fmt: skip


def valeur(texte: str, format_atih: str, libre: bool = False) -> object:
    """A slice as the warehouse must hold it."""
    if format_atih.startswith("date"):
        return None if not texte.strip(" X") else date(int(texte[4:]), int(texte[2:4]), int(texte[:2]))
    texte = texte.strip(" ")
    return texte or None


def comparable(lue: object) -> object:
    """Numbers are compared without the zeros that fill them."""
    return int(lue) if isinstance(lue, str) and lue.isdigit() else lue


def reconnaitre(chemin: Path, ligne: str) -> tuple[str, str, str]:
    """(champ, file, version) of a sample line, by the columns that the formats set aside for it."""
    nom = chemin.name
    if "rss" in nom:
        return "MCO", "RSS_GROUPE", ligne[9:12]
    if "vidhosp" in nom:
        return "MCO/SMR/HAD/PSY", "VID-HOSP", ligne[48:52]
    if "rhs" in nom:
        return "SMR", "RHS_GROUPE", ligne[10:13]
    if "rpss" in nom:
        return "HAD", "RPSS_GROUPE_EX-DGF", ligne[:3]
    if "rps" in nom:
        return "PSY", "RPS", ligne[18:21]
    if "rpa" in nom:
        return "PSY", "RAA", ligne[18:21]
    if "rsf" in nom:
        return "ACE(MCO/SMR ex-DG)", f"RSF-ACE_{ligne[0]}", f"{ligne[0]}/{len(ligne)}"
    if "diap" in nom:
        return "MCO", "FICHCOMP_DIP", "07"
    return "MCO", *(("IUM" if "ium" in nom else "HOSP-PMSI"), "sans code")


DES_ECHANTILLONS = "finess_ej like '9%'"
DES_SALES = "finess_ej not like '8%' and finess_ej <> '060000006'"


def fichiers_echantillons() -> dict[str, Path]:
    """The sample files, one EJ each so that none supersedes another; none where there is no shared folder."""
    dossier = PARTAGE / "pmsi" / "sample"
    return {f"9{rang:08d}": fichier for rang, fichier in enumerate(sorted(dossier.iterdir()))} if dossier.is_dir() else {}


@pytest.fixture
def echantillons(partage: Path) -> dict[str, Path]:
    fichiers = fichiers_echantillons()
    assert len(fichiers) >= 16
    return fichiers


@pytest.fixture(scope="module")
def entrepot_echantillons(sales: Path) -> Path:
    """The warehouse of the dirty files: the sample files are other establishments of its landing zone."""
    return sales / "sortie" / "entrepot.duckdb"


def test_echantillons_egaux_aux_decoupes(echantillons: dict[str, Path], entrepot_echantillons: Path) -> None:
    positions: dict[tuple, dict] = defaultdict(dict)
    with (PARTAGE / "pmsi" / "positions.csv").open(encoding="utf-8") as fichier:
        for r in csv.DictReader(fichier):
            positions[r["champ"], r["fichier"], r["version"]][r["field_code"]] = (int(r["start"]), int(r["end"]), r["format"])
    zones: dict[tuple, dict[str, tuple]] = defaultdict(dict)
    with (PARTAGE / "pmsi" / "positions_variable.csv").open(encoding="utf-8") as fichier:
        for r in csv.DictReader(fichier):
            compteur = re.split(r"[ (]", r["champ_compteur"])[0]
            zone = zones[r["champ"], r["fichier"], r["version"]].setdefault(
                r["zone"], (int(r["ordre_zone"]), compteur, int(r["longueur_zone"]), {})
            )
            zone[3][r["field_code"]] = (int(r["rel_start"]), int(r["rel_end"]), r["format"])

    attendues: dict[str, list[tuple]] = defaultdict(list)
    nb_zones: Counter[str] = Counter()
    zones_attendues: dict[tuple[str, str], list[tuple]] = defaultdict(list)
    for ej, chemin in echantillons.items():
        for numero, ligne in enumerate(chemin.read_text(encoding="ascii").splitlines(), 1):
            cle = reconnaitre(chemin, ligne)
            fixes = positions[cle]
            assert fixes, cle
            table, colonnes = CHAMPS[cle[1].split("_")[0] if cle[1].startswith("RSF") else cle[1]]

            def couper(code: str, ligne: str = ligne, fixes: dict = fixes) -> object:
                if "+" in code:
                    return valeur("".join(ligne[fixes[c][0] - 1 : fixes[c][1]] for c in code.split("+")), "char")
                for c in code.split("|"):
                    if c in fixes:
                        debut, fin, format_atih = fixes[c]
                        return valeur(ligne[debut - 1 : fin], format_atih)
                return None

            attendues[table].append((ej, numero, *(comparable(couper(code)) for code in colonnes.values())))
            position = max(fin for _, fin, _ in fixes.values())
            compteurs = {code: couper(code) for code in fixes}
            for nom, (_, compteur, longueur, champs) in sorted(zones[cle].items(), key=lambda z: z[1][0]):
                if compteur == "NBDMT":
                    compteur = "NDMT"
                nombre = int(compteurs.get(compteur, compteur))
                for ordre in range(1, nombre + 1):
                    bout = ligne[position : position + longueur]
                    position += longueur
                    valeurs = {c: valeur(bout[a - 1 : b], f) for c, (a, b, f) in champs.items()}
                    compteurs |= valeurs
                    table_zone, _, colonnes_zone = ZONES[cle[1], nom]
                    nb_zones[table_zone] += 1
                    zones_attendues[cle[1], nom].append(
                        (ej, numero, ordre, *(comparable(valeurs.get(c)) for c in colonnes_zone.values()))
                    )
            assert position == len(ligne), (chemin.name, numero)

    assert set(attendues) == {table for table, _ in CHAMPS.values()}
    for table, colonnes in CHAMPS.values():
        lues = lire(
            entrepot_echantillons,
            f"select finess_ej, ligne_source % 10000000000, {', '.join(colonnes)} from staging.{table} where {DES_ECHANTILLONS}",
        )
        assert sorted(repr((r[0], *map(comparable, r[1:]))) for r in lues) == sorted(map(repr, attendues[table])), table
    assert set(zones_attendues) == set(ZONES)
    for cle, (table, filtre, colonnes) in ZONES.items():
        lues = lire(
            entrepot_echantillons,
            f"select finess_ej, ligne_source % 10000000000, ordre, {', '.join(f'zones.{c}' for c in colonnes)}"
            f" from staging.{table} as zones inner join staging.{CHAMPS[cle[0]][0]} as lignes using (finess_ej, ligne_source)"
            f" where {filtre} and {DES_ECHANTILLONS}",
        )
        assert sorted(repr((r[0], *map(comparable, r[1:]))) for r in lues) == sorted(map(repr, zones_attendues[cle])), cle
    # Every zone has its line, in the dirty files too: those of a line that was put aside went with it.
    for table, lignes in {table: CHAMPS[cle][0] for (cle, _), (table, _, _) in ZONES.items()}.items():
        comptes = lire(
            entrepot_echantillons,
            f"select count_if(zones.{DES_ECHANTILLONS}), count_if(lignes.finess_ej is null)"
            f" from staging.{table} as zones left join staging.{lignes} as lignes using (finess_ej, ligne_source)",
        )
        assert comptes == [(nb_zones[table], 0)], table


# ----------------------------------------------------------------------------------------------------- dirty files


def poser(longueur: int, *champs: tuple[int, str]) -> str:
    """A fixed part: texts at their columns, blanks elsewhere."""
    ligne = [" "] * longueur
    for debut, texte in champs:
        ligne[debut - 1 : debut - 1 + len(texte)] = texte
    assert len(ligne) == longueur
    return "".join(ligne)


def rum(
    rss: str,
    *,
    version: str = "122",
    numero: str = "1",
    nda: str | None = None,
    ghm: str = "05M092",
    entree: str = "02012025",
    sortie: str = "05012025",
    das: tuple[str, ...] = (),
    actes: tuple[tuple[str, str], ...] = (),
    nb_das: str | None = None,
    autres: tuple[tuple[int, str], ...] = (),
) -> str:
    """One RSS line (grouped RUM)."""
    longueur, zone = (205, 32) if version >= "123" else (192, 29)
    fixe = poser(
        longueur, (1, "11" + ghm), (10, version), (13, "000"), (16, EJ), (25, "0" + version[1:]), (28, rss), (48, nda or "N" + rss),
        (68, numero), (78, "01011950"), (86, "1"), (87, "1001"), (93, entree), (101, "8"), (103, sortie), (111, "8"),
        (113, "29200"), (132, "00"), (134, nb_das or f"{len(das):02d}"), (136, "00"), (138, f"{len(actes):03d}"), (141, "J189"),
        *autres,
    )  # fmt: skip
    return (
        fixe
        + "".join(f"{d:8}" for d in das)
        + "".join(f"{jour}{code:7}   01    1  01".ljust(29)[:29].ljust(zone) for jour, code in actes)
    )


def vidhosp(
    nda: str,
    ipp: str,
    *,
    version: str = "V014",
    compteur: str = "00",
    nir: str = "1500199123456",
    naissance: str = "01011950",
    sexe: str = "1",
    ins: str = "",
) -> str:
    """One VID-HOSP line, without its disciplines."""
    return poser(
        466 + len(compteur), (1, nir), (14, "12"), (16, "0110"), (20, naissance), (28, sexe), (29, nda), (49, version), (53, EJ),
        (162, "02012025"), (275, "02012025"), (283, "05012025"), (354, ipp), (374, ins), (397, "LÉVÊQUE, D'\"ARC"), (467, compteur),
    )  # fmt: skip


def rhs(sejour: str, semaine: str, **remplace: str) -> str:
    """One RHS M1C line, with its ten leading blanks."""
    return poser(
        187, (11, "M1C"), (14, remplace.get("finess", EJ)), (23, "M0C"), (26, sejour), (33, "S" + sejour), (66, remplace.get("entree", "30122024")),
        (74, "17012025"), (82, "01011950"), (90, "1"), (96, "1"), (97, remplace.get("um", "30122024")), (117, semaine), (123, "11111"), (128, "00"),
        (130, "5001"), (175, "00"), (177, "000"), (180, remplace.get("ccam", "00")),
    )  # fmt: skip


ACTE = ("03012025", "HMFC004")
DISCIPLINE = poser(50, (1, "100"), (4, "03"), (6, "02012025"), (14, "05012025"), (22, "001"), (40, "100"))
PREMIERE = [
    ("010000001LOT1 ENTETE DE FICHIER PRIVE 0100000012025M1 000012", "VERSION_INCONNUE", None),
    (rum("A", das=("I10", "R53+2"), actes=(ACTE,)), "REMPLACEE", None),
    ("", "BLANCHE", None),
    (rum("B", version="123", das=("I10",), actes=(ACTE, ACTE)), "RETENUE", None),
    (rum("C")[:150], "LONGUEUR_INVALIDE", None),
    (rum("D", das=("I10", "E119"), nb_das="03"), "LONGUEUR_INVALIDE", None),
    (rum("E", nb_das="A1"), "ZONE_INVALIDE", "nb_diagnostics_associes"),
    (rum("F", nb_das="  "), "ZONE_INVALIDE", "nb_diagnostics_associes"),
    (poser(177, (1, EJ), (10, "022"), (13, "G"), (53, "1"), (63, "01011950")), "VERSION_INCONNUE", None),
    ("     ", "BLANCHE", None),
    (rum("H", entree="30022025"), "DATE_INVALIDE", "date_entree"),
    (rum("I", sortie="        "), "DATE_INVALIDE", "date_sortie"),
    # Nothing needs these values: the RUM is kept without them.
    (rum("J", actes=(("31042025", "HMFC004"), ACTE)), "RETENUE", {"ccam.date_acte": 1}),
    (rum("K", actes=(("03012025", "1234567"), ("32012025", "HMFC00A"))), "RETENUE", {"ccam.code": 2, "ccam.date_acte": 1}),
    (rum("L", das=("110", "I10")), "RETENUE", {"das.code": 1}),
    (rum("M", version="199"), "VERSION_INCONNUE", "version_format"),
    (rum("N", autres=((163, 'ÉTUDE, "2'),)), "RETENUE", None),
    (rum(" ", nda="NO"), "ZONE_INVALIDE", "numero_rss"),
    (rum("P", autres=((78, "XXXXXXXX"),)), "RETENUE", None),
    (rum("Q", autres=((78, "29021951"), (141, "J1é9"))), "RETENUE", {"date_naissance": 1}),
    (rum("R", autres=((132, "1A"),)), "ZONE_INVALIDE", "nb_seances"),
    (rum("S"), "REMPLACEE", None),
    (rum("S", sortie="06012025"), "RETENUE", None),
    (rum("T", version="121"), "RETENUE", None),
    (rum("U", version="120"), "RETENUE", None),
    # Eight acts where 29 diagnoses are announced: the length agrees, the zones do not.
    (rum("V", actes=(ACTE,) * 8, nb_das="29").replace("2900008", "2900000"), "RETENUE", {"das.code": 28}),
    (vidhosp("NA", "IPP1"), "REMPLACEE", None),
    (vidhosp("NA", "IPP2"), "RETENUE", None),
    (vidhosp("NB", "XXXXXXXX", nir="X" * 13, naissance="X" * 8, sexe="X", ins="X" * 15), "RETENUE", None),
    # A baby of 2021 whose parent's NIR reads 123 in columns 10 to 12: not an RSS.
    (vidhosp("NBB", "IPP3", nir="1500199121230", naissance="15012021", ins="121019912312345"), "RETENUE", None),
    (vidhosp("NAN", "IPP4") + "X", "LONGUEUR_INVALIDE", None),
    (vidhosp("NBD", "IPP5", naissance="3112202X"), "RETENUE", {"date_naissance": 1}),
    # The counter of V016 has four characters, or three: the length of the line tells.
    (vidhosp("NV4", "IPP6", version="V016", compteur="0002") + DISCIPLINE * 2, "RETENUE", None),
    (vidhosp("NV3", "IPP8", version="V016", compteur="002") + DISCIPLINE * 2, "RETENUE", None),
    (vidhosp("NV0", "IPP9", version="V016", compteur="000"), "RETENUE", None),
    (vidhosp("NV5", "IPP9", version="V016", compteur="00002"), "LONGUEUR_INVALIDE", None),
]  # fmt: skip
SMR = [
    (rhs("0000001", "012025"), "RETENUE", None),
    (rhs("0000001", "022025"), "RETENUE", None),
    (rhs("0000001", "542025"), "ZONE_INVALIDE", "semaine"),
    (rhs("0000002", "012025").lstrip(), "VERSION_INCONNUE", None),
    (rhs("0000003", "012025", entree="        "), "DATE_INVALIDE", "date_entree"),
    (rhs("0000004", "012025", ccam="01"), "LONGUEUR_INVALIDE", None),
    (rhs("0000005", "012025", um="3O122024"), "RETENUE", {"date_entree_um": 1}),
]
INCONNU = "030000003"
# Versions that no year to come will bring.
INCONNUES = {
    "mco/rss_2027.1.txt": [rum("A", version="199"), rum("B", version="199"), vidhosp("NA", "IPP1", version="V999")],
    "smr/rhs_2027.1.txt": [rhs("0000001", "012027").replace("M1C", "M9Z").replace("M0C", "M9Z")],
    "had/rpss_2027.1.txt": ["H9Z" + EJ * 2 + "IPP1".ljust(169)],
    "psy/rps_2027.1.txt": [EJ * 2 + "P99" + "IPP1".ljust(133)],
}
SANS_DATE = "040000004"


def rums(*numeros: str, mois: int = 1, **autres: str) -> list[str]:
    """RUM of a month, the day of exit being their number: « A3 » leaves on the 3rd, « A3/2 » is its second RUM."""
    resultat = []
    for texte in numeros:
        rss, _, numero = texte.partition("/")
        jour = f"{int(rss[1:]):02d}{mois:02d}2025"
        resultat.append(rum(rss, numero=numero or "1", entree=jour, sortie=jour, nda=autres.get("nda", "N" + rss)))
    return resultat


def transmissions() -> dict[str, tuple[dict[str, list], dict[str, tuple[list[str], str, int, int, int]]]]:
    """What a DIM sends, an establishment a trait.

    Returns:
        per EJ, the queries of what must be left with their rows, then per file its lines, how it was taken, how many lines
        of others it replaces, how many of its own are kept and replaced.
    """
    lus = "select numero_rss || '/' || numero_rum || ' ' || strftime(date_sortie, '%d%m%Y') from staging.stg_pmsi__rss_rum"
    mensuel = {k: [ligne for m in range(1, k + 1) for ligne in rums(f"M{m}", mois=m)] for k in range(1, 7)}
    return {
        # A RUM, a whole RSS are no longer there: they were withdrawn. What lies outside the dates of the file stays.
        "050000001": (
            {lus: ["A3/1 03012025", "A9/1 09012025", "Z1/1 01012025"]},
            {
                "mco/x.2025.1.rss.txt": (rums("Z1", "A3", "A3/2", "B4"), "CUMULATIF", 0, 1, 3),
                "mco/x.2025.2.rss.txt": (rums("A3", "A9"), "CUMULATIF", 3, 2, 0),
            },
        ),
        # Séances sent again under new numbers.
        "050000002": (
            {lus: ["T6/1 06012025", "U13/1 13012025"]},
            {
                "mco/x.2025.1.rss.txt": (rums("R6", "S13", nda="N"), "CUMULATIF", 0, 0, 2),
                "mco/x.2025.2.rss.txt": (rums("T6", "U13", nda="N"), "CUMULATIF", 2, 2, 0),
            },
        ),
        # A number that comes back the next year, which the name of the file tells, or its latest exit.
        "050000003": (
            {
                "select numero_rss || ' ' || annee from staging.stg_pmsi__rss_rum": ["1 2024", "1 2025", "2 2024", "2 2025"],
                "select iep from intermediaire.int_venues_pmsi": ["N1", "N1bis", "N2", "N2bis"],
            },
            {
                "mco/x.2024.12.rss.txt": ([rum("1", sortie="10122024")], "CUMULATIF", 0, 1, 0),
                "mco/x.2025.12.rss.txt": ([rum("1", sortie="10122025", nda="N1bis")], "CUMULATIF", 0, 1, 0),
                "mco/rss_20250115.txt": ([rum("2", sortie="20122024")], "CUMULATIF", 0, 1, 0),
                "mco/rss_20250228.txt": ([rum("2", sortie="01022025", nda="N2bis")], "CUMULATIF", 0, 1, 0),
            },
        ),
        # One number of stay in two FINESS; the second file of one of them replaces its own alone.
        "050000004": (
            {
                "select finess_pmsi || ' ' || nda from staging.stg_pmsi__rhs": [f"{AUTRE_EJ} S0000001", f"{EJ} S0000001"],
                "select numero_sejour from intermediaire.int_venues_pmsi": [f"0000001@{EJ}", f"0000001@{AUTRE_EJ}"],
            },
            {
                "smr/a.2025.1.rhs.txt": ([rhs("0000001", "012025")], "CUMULATIF", 0, 0, 1),
                "smr/b.2025.1.rhs.txt": ([rhs("0000001", "012025", finess=AUTRE_EJ)], "CUMULATIF", 0, 1, 0),
                "smr/a.2025.2.rhs.txt": ([rhs("0000001", "012025")], "CUMULATIF", 1, 1, 0),
            },
        ),
        # Less than half of what it would replace: a part, which replaces by key only.
        "050000005": (
            {lus: [*(f"A{n}/1 {n:02d}012025" for n in (1, 2, 4, 5)), "A3/1 05012025", "B1/1 01012025"]},
            {
                "mco/x.2025.1.rss.txt": (rums("A1", "A2", "A3", "A4", "A5"), "CUMULATIF", 0, 4, 1),
                "mco/x.2025.2.rss.txt": ([*rums("B1"), rum("A3", nda="NA3")], "PARTIEL", 1, 2, 0),
            },
        ),
        "050000006": (
            {lus: ["B1/1 01012025", "C4/1 04012025"]},
            {
                "mco/x.2025.1.rss.txt": (rums("A1", "A2", "A3", "A4"), "CUMULATIF", 0, 0, 4),
                "mco/x.2025.2.rss.txt": (rums("B1", "C4"), "CUMULATIF", 4, 2, 0),
            },
        ),
        # An older month sent again later replaces that month alone.
        "050000007": (
            {lus: ["A2/1 02012025", "B3/1 03012025", "C5/1 05022025"]},
            {
                "mco/x.2025.2.rss.txt": (rums("A2", "A3") + rums("C5", mois=2), "CUMULATIF", 0, 1, 2),
                "mco/janvier_20250430.txt": (rums("A2", "B3"), "CUMULATIF", 2, 2, 0),
            },
        ),
        # Month after month, each with the former ones: what is replaced already does not count again.
        "050000008": (
            {lus: [f"M{m}/1 {m:02d}{m:02d}2025" for m in range(1, 7)]},
            {
                f"mco/x.2025.{k}.rss.txt": (lignes, "CUMULATIF", k - 1, 6 if k == 6 else 0, 0 if k == 6 else k)
                for k, lignes in mensuel.items()
            },
        ),
        # « The latest line that has an IPP tells it », in one file and from one to the next; a file of another champ is apart.
        "050000009": (
            {"select nda || ' ' || ipp from staging.stg_pmsi__vidhosp": ["N1 I1", "N3 I3", "N4 I5", "N5 I6"]},
            {
                "mco/x.2025.1.vidhosp.txt": ([vidhosp("N1", "I1"), vidhosp("N2", "I2")], "CUMULATIF", 1, 1, 1),
                "mco/x.2025.2.vidhosp.txt": (
                    [vidhosp("N1", ""), vidhosp("N3", "I3"), vidhosp("N3", "X" * 20), vidhosp("N4", ""), vidhosp("N4", "I5")],
                    "CUMULATIF", 1, 2, 3,
                ),
                "smr/x.2025.2.vidhosp.txt": ([vidhosp("N5", "I6")], "CUMULATIF", 0, 1, 0),
            },
        ),
        # The files of two sites, of one day and with no key in common, are one transmission; the next one replaces both.
        "050000010": (
            {lus: ["A1/1 01012025", "B1/1 01012025", "B2/1 02012025", "C1/1 01012025"]},
            {
                "mco/x.2025.1.rss.nord.txt": (rums("A1", "A2"), "CUMULATIF", 0, 0, 2),
                "mco/x.2025.1.rss.sud.txt": (rums("B1", "B2"), "CUMULATIF", 0, 0, 2),
                "mco/x.2025.2.rss.nord.txt": (rums("A1", "C1"), "CUMULATIF", 2, 2, 0),
                "mco/x.2025.2.rss.sud.txt": (rums("B1", "B2"), "CUMULATIF", 2, 2, 0),
            },
        ),
        # Several types in one file, each by its own dates; one without date by its keys.
        "050000011": (
            {
                lus: ["A1/1 01012025"],
                "select nda from staging.stg_pmsi__vidhosp": ["NA1"],
                "select nda from staging.stg_pmsi__hosp_pmsi": ["N1", "N3"],
                "select code_acte from staging.stg_pmsi__rsf where code_acte is not null": ["CNP"],
            },
            {
                "mco/x.2025.1.txt": (
                    [*rums("A1", "B1"), vidhosp("NA1", "I1"), vidhosp("NB1", "I2"), f"{'A1':20}{'N1':20}", f"{'B1':20}{'N2':20}",
                     honoraire("1", "CS"), honoraire("2", "CS")], "CUMULATIF, PAR_CLE", 0, 1, 7,
                ),
                "mco/x.2025.2.txt": (
                    [*rums("A1"), vidhosp("NA1", "I1"), f"{'B1':20}{'N3':20}", honoraire("1", "CNP")], "CUMULATIF, PAR_CLE", 7, 4, 0,
                ),
            },
        ),
    }  # fmt: skip


def honoraire(numero: str, acte: str) -> str:
    """One RSF-ACE C line."""
    return poser(161, (1, "C"), (2, EJ), (11, EJ), (38, f"{numero:>09}"), (70, "02012025"), (78, acte), (83, "001"), (153, "1"))


COMPRESSE = "060000006"


def archive(fichiers: dict[str, str | bytes]) -> bytes:
    """A .zip of these files."""
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as sortie:
        for nom, contenu in fichiers.items():
            sortie.writestr(nom, contenu)
    return octets.getvalue()


# An act resent is the same act; the same line twice in a file is two acts.
RAA = [poser(96, (1, EJ), (10, EJ), (19, "P14"), (22, ipp), (70, "02012025"), (95, "00")) for ipp in ("P1", "P1", "P2")]
ACE = [
    (poser(310, (1, "A"), (2, EJ), (11, EJ), (40, "000000001"), (65, "1"), (85, "02012025"), (266, "IPP9"), (302, "000000007")), "RETENUE", None),
    (poser(161, (1, "C"), (2, EJ), (11, EJ), (38, "000000001"), (70, "02012025"), (78, "CS"), (83, "001"), (153, "000000007")), "RETENUE", None),
    (poser(152, (1, "C"), (2, EJ), (11, EJ), (38, "000000002"), (70, "02012021"), (78, "CS"), (83, "001")), "RETENUE", None),
    (poser(165, (1, "L"), (2, EJ), (11, EJ), (38, "000000001")), "RETENUE", None),
    (poser(160, (1, "C"), (2, EJ), (11, EJ), (38, "000000001"), (70, "02012025"), (78, "CS")), "LONGUEUR_INVALIDE", None),
    (poser(161, (1, "C"), (2, EJ), (11, EJ), (38, "000000003"), (78, "CS"), (83, "001")), "DATE_INVALIDE", "date_soins"),
]  # fmt: skip


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return construire_sales(tmp_path_factory)


def construire_sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a landing zone whose PMSI files are as dirty as can be, and of the warehouse made from it."""
    from test_pmsi_alterations import fichiers_alteres

    def texte(lignes: list, fin: str = "\r\n") -> str:
        return "".join((ligne if isinstance(ligne, str) else ligne[0]) + fin for ligne in lignes)

    def faire(dossier: Path) -> None:
        fichiers = {
            f"{EJ}/pmsi/mco/{EJ}.2025.1.rss.ini.txt": texte(PREMIERE),
            # The month after: CP1252, LF; a good line replaces, a faulty one does not.
            f"{EJ}/pmsi/mco/{EJ}.2025.02.rss.ini.txt": texte(
                [rum("A", sortie="09012025", autres=((163, "É"),)), rum("B", version="123", entree="32012025")], "\n"
            ).encode("cp1252"),
            f"{EJ}/pmsi/mco/{EJ}.2025.9.rss.ini.txt": texte(
                [rum("W", sortie="10012025"), rum("Z", sortie="31012025"), rum("Y", das=("I10",) * 99, actes=(ACTE,) * 150)]
            ),
            f"{EJ}/pmsi/mco/{EJ}.2025.10.rss.ini.txt": "\ufeff" + texte([rum("W", sortie="11012025", autres=((28, "   W"),))]),
            f"{EJ}/pmsi/mco/a_rss_20251231.txt": texte([rum("Z", sortie="30012025")], ""),
            f"{EJ}/pmsi/smr/{EJ}.2025.1.rhs.txt": texte(SMR),
            f"{EJ}/pmsi/psy/{EJ}.2025.1.rpa.txt": texte(RAA),
            f"{EJ}/pmsi/psy/{EJ}.2025.2.rpa.txt": texte(RAA),
            f"{EJ}/pmsi/ace/{EJ}.2025.1.rsf.txt": texte(ACE),
            f"{EJ}/pmsi/mco/notes.txt": "Bonjour,\n\ncordialement\n",
            f"{EJ}/pmsi/mco/vide.txt": "",
            **{f"{INCONNU}/pmsi/{nom}": texte(lignes) for nom, lignes in INCONNUES.items()},
            # No date, then numbers that order as numbers; a dated file is later, whatever its name and its folder.
            f"{SANS_DATE}/pmsi/mco/rss_M9.txt": texte([rum("A", sortie="09012025"), rum("B"), rum("C", sortie="09012025")]),
            f"{SANS_DATE}/pmsi/mco/RSS_M10.TXT": texte([rum("A", sortie="10012025")]),
            f"{SANS_DATE}/pmsi/mco/2025/fevrier/a_2025-02-28.txt": texte([rum("C", sortie="28012025")]),
            f"{SANS_DATE}/pmsi/mco/2025/fevrier/b_rien.txt": texte([rum("D", sortie="01022025")]),
            **{
                f"{ej}/pmsi/{nom}": texte(lignes)
                for ej, (_, fichiers_du_cas) in transmissions().items()
                for nom, (lignes, *_) in fichiers_du_cas.items()
            },
            f"{AUTRE_EJ}/pmsi/mco/{AUTRE_EJ}.2025.1.rss.ini.txt": texte([rum("A"), vidhosp("NA", "IPP7"), rum("X", nda=" ")]),
            # Two links of one RSS, then a third: the last one sent gives the NDA of its one venue.
            f"{AUTRE_EJ}/pmsi/mco/{AUTRE_EJ}.2025.1.hosppmsi.txt": texte([f"{'X':20}{'N1':20}", f"{'X':20}{'N2':20}"]),
            f"{AUTRE_EJ}/pmsi/mco/{AUTRE_EJ}.2025.2.hosppmsi.txt": texte([f"{'X':20}{'N3':20}"]),
        }
        # What DRUIDES gives: the name of the archive dates its members, which may be anything.
        fichiers |= {
            f"{COMPRESSE}/pmsi/mco/{EJ}.2025.03.MCO.SEJOURS.SEJOURS.20250415103710.in.zip": archive({
                "rss.txt": texte([rum("A", sortie="06012025"), rum("B")]),
                "sous/VIDHOSP.TXT": texte([vidhosp("NA", "IPP1")]), "lisez moi.xml": "<a>1</a>\n", "Thumbs.db": b"\x00\x01",
                "autre.zip": archive({"rss.txt": rum("Z")}),
            }),
            f"{COMPRESSE}/pmsi/mco/{EJ}.2025.2.RSS.TXT.GZ": gzip.compress(texte([rum("A"), rum("C", sortie="20022025")]).encode()),
            f"{COMPRESSE}/pmsi/mco/{EJ}.2025.4.rss.zip": archive({"x.txt": texte([rum("D", sortie="30032025")])}),
            f"{COMPRESSE}/pmsi/mco/abime.zip": archive({"x.txt": rum("E")})[:-30],
            f"{COMPRESSE}/pmsi/mco/Thumbs.db": b"\xd0\xcf\x11\xe0\x00\x00\n\x00",
        }  # fmt: skip
        echantillons = fichiers_echantillons()
        fichiers |= {f"{ej}/pmsi/mco/{fichier.name}": fichier.read_bytes() for ej, fichier in echantillons.items()}
        alteres = fichiers_alteres()
        autres = sorted({nom.split("/")[0] for nom in alteres} | echantillons.keys())
        ecrire_zone(
            dossier / "exports", fichiers | alteres, ej=(EJ, AUTRE_EJ, INCONNU, SANS_DATE, COMPRESSE, *transmissions(), *autres)
        )
        dbt(
            dossier / "exports", dossier / "sortie", "build", "--select",
            "+fichiers", "+rejets", "+alertes_lecture", "+int_venues_pmsi", "staging.pmsi", "--exclude", "test_type:unit",
            date_extraction=DERNIER_JOUR,
        )  # fmt: skip

    return une_fois(tmp_path_factory, "pmsi_sales", faire)


def test_chaque_ligne_fautive_est_rejetee_avec_son_motif(sales: Path) -> None:
    attendus, alertes = set(), set()
    for nom, lignes in (
        (f"mco/{EJ}.2025.1.rss.ini.txt", PREMIERE),
        (f"smr/{EJ}.2025.1.rhs.txt", SMR),
        (f"ace/{EJ}.2025.1.rsf.txt", ACE),
    ):
        for numero, (_, devenir, colonne) in enumerate(lignes, 1):
            if isinstance(colonne, dict):
                alertes |= {(f"{EJ}/pmsi/{nom}", numero, champ, "VALEUR_ILLISIBLE", nb) for champ, nb in colonne.items()}
            elif devenir not in ("RETENUE", "REMPLACEE", "BLANCHE"):
                attendus.add((f"{EJ}/pmsi/{nom}", numero, colonne, devenir))
    attendus.add((f"{EJ}/pmsi/mco/{EJ}.2025.02.rss.ini.txt", 2, "date_entree", "DATE_INVALIDE"))
    attendus.add((f"{EJ}/pmsi/mco/notes.txt", 1, None, "FICHIER_INCONNU"))
    # Nothing of it is known: each line says so, with the version that the seeds lack.
    for nom, lignes in INCONNUES.items():
        attendus |= {
            (f"{INCONNU}/pmsi/{nom}", numero, "version_format", "VERSION_INCONNUE") for numero in range(1, len(lignes) + 1)
        }
    entrepot = sales / "sortie" / "entrepot.duckdb"
    assert Counter(lire(entrepot, f"select fichier, ligne, colonne, motif from qualite.rejets where {DES_SALES}")) == Counter(
        attendus
    )
    versions = f"select distinct valeur from qualite.rejets where finess_ej = '{INCONNU}' order by all"
    assert lire(entrepot, versions) == [("199",), ("H9Z",), ("M9Z",), ("P99",), ("V999",)]
    lues = lire(
        entrepot,
        f"select fichier, ligne, colonne, motif, nb from qualite.alertes_lecture where motif = 'VALEUR_ILLISIBLE' and {DES_SALES}",
    )
    assert Counter(lues) == Counter(alertes)


def test_aucune_ligne_perdue(sales: Path) -> None:
    comptes = {
        fichier: (lues, retenues, remplacees, rejetees)
        for fichier, lues, retenues, remplacees, rejetees in lire(
            sales / "sortie" / "entrepot.duckdb",
            "select fichier, nb_lues, nb_retenues, nb_remplacees, nb_rejetees from qualite.fichiers where flux like 'pmsi/%'"
            f" and {DES_SALES}",
        )
    }
    for chemin in (sales / "exports").rglob("pmsi/*/**/*"):
        nom = str(chemin.relative_to(sales / "exports"))
        if chemin.is_dir() or nom.startswith(("8", COMPRESSE)):
            continue
        lignes = [ligne for ligne in re.split(rb"\r?\n", chemin.read_bytes()) if ligne.strip(b" ")]
        lues, retenues, remplacees, rejetees = comptes.pop(nom)
        assert lues == len(lignes) == retenues + remplacees + rejetees, nom
    assert not comptes
    devenir = {
        fichier: (retenues, remplacees)
        for fichier, retenues, remplacees in lire(
            sales / "sortie" / "entrepot.duckdb", "select fichier, nb_retenues, nb_remplacees from qualite.fichiers"
        )
    }
    for nom, lignes in (
        (f"mco/{EJ}.2025.1.rss.ini.txt", PREMIERE),
        (f"smr/{EJ}.2025.1.rhs.txt", SMR),
        (f"ace/{EJ}.2025.1.rsf.txt", ACE),
    ):
        attendu = Counter(ligne[1] for ligne in lignes)
        assert devenir[f"{EJ}/pmsi/{nom}"] == (attendu["RETENUE"], attendu["REMPLACEE"]), nom
    assert devenir[f"{EJ}/pmsi/psy/{EJ}.2025.1.rpa.txt"] == (0, 3)
    assert devenir[f"{EJ}/pmsi/psy/{EJ}.2025.2.rpa.txt"] == (3, 0)


def test_lignes_retenues(sales: Path) -> None:
    entrepot = sales / "sortie" / "entrepot.duckdb"
    sorties = lire(
        entrepot, f"select numero_rss, date_sortie from staging.stg_pmsi__rss_rum where finess_ej = '{EJ}' order by numero_rss"
    )
    # The number of W stands to the right of its columns in the later file: the blanks around it are not part of the key.
    assert sorties == [
        ("A", date(2025, 1, 9)), *((rss, date(2025, 1, 5)) for rss in "BJKLNPQ"), ("S", date(2025, 1, 6)),
        *((rss, date(2025, 1, 5)) for rss in "TUV"), ("W", date(2025, 1, 11)), ("Y", date(2025, 1, 5)), ("Z", date(2025, 1, 30)),
    ]  # fmt: skip
    assert lire(
        entrepot,
        "select rum.numero_rss, actes.ordre, actes.code_acte, actes.date_acte, actes.nb_realisations"
        " from staging.stg_pmsi__rss_actes as actes inner join staging.stg_pmsi__rss_rum as rum using (finess_ej, ligne_source)"
        f" where finess_ej = '{EJ}' and numero_rss not in ('J', 'K') order by all",
    ) == [(rss, rang + 1, "HMFC004", date(2025, 1, 3), 1) for rss, nombre in (("B", 2), ("Y", 150)) for rang in range(nombre)]
    # What cannot be read is empty, alone: neither its neighbours nor its number.
    assert lire(
        entrepot,
        "select numero_rss, ordre, code_acte, date_acte from staging.stg_pmsi__rss_actes inner join staging.stg_pmsi__rss_rum"
        f" using (finess_ej, ligne_source) where finess_ej = '{EJ}' and numero_rss in ('J', 'K') order by all",
    ) == [
        ("J", 1, "HMFC004", None), ("J", 2, "HMFC004", date(2025, 1, 3)), ("K", 1, None, date(2025, 1, 3)), ("K", 2, None, None),
    ]  # fmt: skip
    diagnostics = (
        "select numero_rss, count(code_diagnostic), count(distinct ordre), max(ordre) from staging.stg_pmsi__rss_diagnostics"
        f" inner join staging.stg_pmsi__rss_rum using (finess_ej, ligne_source) where finess_ej = '{EJ}' group by all order by all"
    )
    assert lire(entrepot, diagnostics) == [("B", 1, 1, 1), ("L", 1, 2, 2), ("V", 1, 29, 29), ("Y", 99, 99, 99)]
    patients = (
        "select nda, ipp, sexe, date_naissance, ins_matricule from staging.stg_pmsi__vidhosp where finess_ej = '{}' order by nda"
    )
    assert lire(entrepot, patients.format(EJ)) == [
        ("NA", "IPP2", "1", date(1950, 1, 1), None),
        ("NB", None, None, None, None),
        ("NBB", "IPP3", "1", date(2021, 1, 15), "121019912312345"),
        ("NBD", "IPP5", "1", None, None),
        *((nda, ipp, "1", date(1950, 1, 1), None) for nda, ipp in (("NV0", "IPP9"), ("NV3", "IPP8"), ("NV4", "IPP6"))),
    ]
    assert lire(
        entrepot,
        "select nda, version_format, nb_disciplines, discipline, date_fin from staging.stg_pmsi__vidhosp_disciplines"
        f" inner join staging.stg_pmsi__vidhosp using (finess_ej, ligne_source) where finess_ej = '{EJ}' order by nda, ordre",
    ) == [(nda, "V016", 2, "100", date(2025, 1, 5)) for nda in ("NV3", "NV3", "NV4", "NV4")]
    assert lire(entrepot, patients.format(AUTRE_EJ)) == [("NA", "IPP7", "1", date(1950, 1, 1), None)]
    venues = lire(
        entrepot,
        f"select finess_ej, iep, ipp, champ from intermediaire.int_venues_pmsi where finess_ej = '{AUTRE_EJ}'"
        f" or finess_ej = '{EJ}' and iep in ('NA', 'S0000001')"
        " order by all",
    )
    assert venues == [
        (EJ, "NA", "IPP2", "MCO"),
        (EJ, "S0000001", None, "SMR"),
        (AUTRE_EJ, "N3", None, "MCO"),
        (AUTRE_EJ, "NA", "IPP7", "MCO"),
    ]
    etats = lire(
        entrepot,
        "select parse_filename(fichier), etat from qualite.fichiers where flux = 'pmsi/mco' and etat <> 'LISIBLE'"
        f" and {DES_SALES} order by all",
    )
    assert etats == [("notes.txt", "FICHIER_INCONNU"), ("rss_2027.1.txt", "VERSION_INCONNUE")]


def test_un_fichier_sans_date_se_range_par_les_nombres_de_son_nom(sales: Path) -> None:
    entrepot = sales / "sortie" / "entrepot.duckdb"
    assert lire(
        entrepot, f"select numero_rss, date_sortie from staging.stg_pmsi__rss_rum where finess_ej = '{SANS_DATE}' order by all"
    ) == [("A", date(2025, 1, 10)), ("B", date(2025, 1, 5)), ("C", date(2025, 1, 28)), ("D", date(2025, 2, 1))]
    # Each undated file that replaces lines of another, or whose lines are replaced, says so with their number.
    assert lire(
        entrepot,
        "select parse_filename(fichier), ligne, colonne, nb from qualite.alertes_lecture where motif = 'FICHIER_SANS_DATE' order by all",
    ) == [("RSS_M10.TXT", None, None, 1), ("rss_M9.txt", None, None, 2)]


@pytest.mark.parametrize("ej", transmissions())
def test_une_transmission_remplace_ce_que_couvrent_ses_dates(sales: Path, ej: str) -> None:
    entrepot = sales / "sortie" / "entrepot.duckdb"
    restes, fichiers = transmissions()[ej]
    for requete, attendu in restes.items():
        condition = f"{' and' if ' where ' in requete else ' where'} finess_ej = '{ej}'"
        assert sorted(r[0] for r in lire(entrepot, requete + condition)) == sorted(attendu), requete
    lus = lire(
        entrepot,
        "select split_part(fichier, '/pmsi/', 2), mode_transmission, nb_lignes_remplacees, nb_retenues, nb_remplacees"
        f" from qualite.fichiers where finess_ej = '{ej}'",
    )
    assert {r[0]: r[1:] for r in lus} == {nom: tuple(attendu) for nom, (_, *attendu) in fichiers.items()}


def test_archives_et_fichiers_compresses(sales: Path) -> None:
    entrepot = sales / "sortie" / "entrepot.duckdb"
    druides = f"{EJ}.2025.03.MCO.SEJOURS.SEJOURS.20250415103710.in.zip"
    lus = lire(
        entrepot,
        "select split_part(fichier, '/mco/', 2), date_extraction, etat, nb_lues, nb_retenues, nb_remplacees, nb_rejetees"
        f" from qualite.fichiers where finess_ej = '{COMPRESSE}' order by 1",
    )
    jour = date(2025, 4, 15)
    assert lus == sorted([
        (f"{druides}/rss.txt", jour, "LISIBLE", 2, 2, 0, 0),
        (f"{druides}/sous/VIDHOSP.TXT", jour, "LISIBLE", 1, 1, 0, 0),
        (f"{druides}/lisez moi.xml", jour, "FICHIER_INCONNU", 1, 0, 0, 1),
        (f"{druides}/autre.zip", jour, "FICHIER_INCONNU", *lus[0][3:]),
        (f"{EJ}.2025.2.RSS.TXT.GZ", date(2025, 2, 28), "LISIBLE", 2, 1, 1, 0),
        (f"{EJ}.2025.4.rss.zip", date(2025, 4, 30), "LISIBLE", 1, 1, 0, 0),
        ("abime.zip", None, "ILLISIBLE", 0, 0, 0, 0),
        ("Thumbs.db", None, "FICHIER_INCONNU", 2, 0, 0, 2),
    ])  # fmt: skip
    rums = f"select numero_rss, date_sortie from staging.stg_pmsi__rss_rum where finess_ej = '{COMPRESSE}' order by all"
    assert lire(entrepot, rums) == [
        ("A", date(2025, 1, 6)), ("B", date(2025, 1, 5)), ("C", date(2025, 2, 20)), ("D", date(2025, 3, 30)),
    ]  # fmt: skip


def test_un_membre_d_archive_qui_change_est_vu(tmp_path: Path) -> None:
    """Only what was inspected is read: a member changes with its archive."""
    zippe = tmp_path / EJ / "pmsi" / "mco" / "b.zip"
    zippe.parent.mkdir(parents=True)
    zippe.write_bytes(archive({"m.txt": "a\n", "n.txt": "b\n"}))
    fichiers = inventorier(tmp_path, tmp_path)
    assert [f.fichier for f in fichiers if f.flux] == [f"{EJ}/pmsi/mco/b.zip/{nom}.txt" for nom in "mn"]
    assert all(f.est_pret() for f in fichiers if f.flux)
    zippe.write_bytes(archive({"m.txt": "a\n", "n.txt": "b\nc\n"}))
    assert not any(f.est_inchange() for f in fichiers if f.flux)


def besoins_declares() -> dict[tuple[str, str], set[str]]:
    """(table, column) of the PMSI -> what the seeds say that needs it, over the versions of its type of file."""
    positions = graines.lire("pmsi_positions")
    relations = {relation: (fichier, ()) for relation, fichier in pmsi_formats.LIGNES.items()} | pmsi.ZONES
    declares: dict[tuple[str, str], set[str]] = defaultdict(set)
    for relation, (fichier, zones) in relations.items():
        sql = (RACINE / "models" / "staging" / "pmsi" / f"stg_pmsi__{relation}.sql").read_text(encoding="utf-8")
        noms = dict(re.findall(r"(\w+) as (\w+)", sql))
        for r in positions:
            if r["fichier"] == fichier and r["zone"] in (zones or ("",)):
                besoin = "cle" if r["cle"] else "longueur" if r["type"] == "compteur" else r["necessaire"]
                declares[f"stg_pmsi__{relation}", noms.get(r["champ"], r["champ"])].add(besoin)
    return declares


def test_les_seeds_disent_quels_champs_un_modele_lit(sql_compile: Path, entrepot_demo: Path) -> None:
    """Each column of the PMSI tables is taken away in turn: a model that no longer binds reads it."""
    declares = besoins_declares()
    modeles = [m.read_text(encoding="utf-8") for m in sql_compile.rglob("*.sql")]
    lus = set()
    with duckdb.connect() as connexion:
        connexion.execute(f"attach '{entrepot_demo}' as plein (read_only); attach ':memory:' as entrepot; use entrepot")
        relations = connexion.execute(
            """
            select schema_name, table_name, string_agg('"' || column_name || '" ' || data_type, ', ')
            from duckdb_columns()
            where database_name = 'plein' and not internal and schema_name <> 'depot'
            group by all
            """
        ).fetchall()
        for schema, table, definition in relations:
            connexion.execute(f"create schema if not exists {schema}; create table {schema}.{table} ({definition})")
        colonnes = connexion.execute(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where database_name = 'entrepot' and schema_name = 'staging' and starts_with(table_name, 'stg_pmsi__')"
        ).fetchall()
        for table, colonne, genre in colonnes:
            lecteurs = [sql for sql in modeles if f'"{table}"' in sql]
            if (table, colonne) not in declares or not lecteurs:
                continue
            connexion.execute(f'alter table staging.{table} drop column "{colonne}"')
            for sql in lecteurs:
                try:
                    connexion.execute(f"explain {sql}")
                except duckdb.BinderException:
                    lus.add((table, colonne))
            connexion.execute(f'alter table staging.{table} add column "{colonne}" {genre}')
        for sql in modeles:
            if '"stg_pmsi__' in sql:
                connexion.execute(f"explain {sql}")
    assert len(lus) > 30
    assert not {cle for cle in lus if "" in declares[cle] and len(declares[cle]) == 1}, "lus par un modèle, dits sans conséquence"
    assert {cle for cle, besoins in declares.items() if "modele" in besoins} <= lus, "qu’aucun modèle ne lit"


@pytest.mark.parametrize(
    ("nom", "annee", "finess"),
    [
        (f"{EJ}.2024.12.rss.ini.txt", 2024, None),
        (f"{AUTRE_EJ}.2025.1.hosppmsi.txt", 2025, AUTRE_EJ),
        (f"x{AUTRE_EJ}_2025.txt", 2025, None),
        ("rss_20250115.txt", None, None),
        ("rss_2025-01-15.txt", None, None),
        ("2023.rss.2025.01.15.in.zip/m.txt", 2023, None),
        ("rss_1899.txt", None, None),
    ],
)
def test_ce_que_dit_le_nom_d_un_fichier(nom: str, annee: int | None, finess: str | None) -> None:
    assert (pmsi_formats.annee_du_nom(nom), pmsi_formats.finess_du_nom(nom, EJ)) == (annee, finess)


def lire_dans_le_lac(dossier: Path, lignes: list[str]) -> duckdb.DuckDBPyConnection:
    """A warehouse that shows the lake of one PMSI file of these lines."""
    exports = ecrire_zone(dossier / "exports", {f"{EJ}/pmsi/mco/{EJ}.2027.1.rss.txt": "\n".join(lignes)}, ej=(EJ,))
    moteur, entrepot = duckdb.connect(), duckdb.connect()
    lac, lecteur = Lac(dossier / "lac", moteur, variables={"pmsi_part_cumulative": 0.5}), Pmsi()
    inventaire = inventorier(exports, dossier / "lac")
    lac.lire(lecteur, [f for f in inventaire if f.flux and lecteur.lit(f.flux)])
    lac.inventorier([lecteur], inventaire)
    for vue in lac.vues([lecteur]):
        entrepot.execute(vue)
    return entrepot


def test_une_version_nouvelle_est_ses_differences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The medical unit goes to the end of the fixed part, three columns longer; an act has a column more and a field less."""
    monkeypatch.setattr(graines, "DOSSIER", shutil.copytree(RACINE / "seeds", tmp_path / "seeds"))
    nouvelle = {"fichier": "rss", "version": "129"}
    differences = {
        "pmsi_versions": [{"rang": "999", "reprend": "123", "longueur_fixe": "208"}],
        "pmsi_positions": [
            {"zone": "", "champ": "unite_medicale", "debut": "205"},
            {"zone": "CCAM", "champ": "horaire_dialyse", "longueur": "0"},
        ],
        "pmsi_zones": [{"zone": "CCAM", "longueur": "33"}],
    }
    for nom, lignes in differences.items():
        colonnes = list(graines.lire(nom)[0])
        with graines.chemin(nom).open("a", encoding="utf-8", newline="") as fichier:
            csv.DictWriter(fichier, colonnes, "", lineterminator="\n").writerows(ligne | nouvelle for ligne in lignes)
    fixe, zones = (texte := rum("A", version="129", das=("I10",), actes=(ACTE, ACTE)))[:205], texte[205:]
    ligne = f"{fixe[:204]}9999{zones[:8]}{zones[8:40]} {zones[40:]} "
    pmsi_formats.formats.cache_clear()
    try:
        entrepot = lire_dans_le_lac(tmp_path, [ligne])
    finally:
        pmsi_formats.formats.cache_clear()
    lues = "select version_format, numero_rss, unite_medicale from depot.pmsi_rss_rum"
    assert entrepot.execute(lues).fetchall() == [("129", "A", "9999")]
    assert entrepot.execute("select code, horaire_dialyse from depot.pmsi_rss_actes").fetchall() == [("HMFC004", None)] * 2


def test_les_champs_d_une_version_tiennent_cote_a_cote_dans_sa_longueur() -> None:
    for lu in (lu for versions in pmsi_formats.formats().values() for lu in versions):
        for partie in (lu, *lu.zones):
            fins = [0, *(champ.debut + champ.longueur - 1 for champ in partie.champs)]
            assert all(champ.debut > fin for champ, fin in zip(partie.champs, fins, strict=False)), (lu.fichier, lu.version)
            assert fins[-1] <= partie.longueur, (lu.fichier, lu.version)


def test_une_version_a_la_longueur_publiee(partage: Path) -> None:
    publiees: dict[tuple[str, ...], int] = defaultdict(int)
    with (partage / "pmsi" / "positions.csv").open(encoding="utf-8") as fichier:
        for r in csv.DictReader(fichier):
            publiees[r["champ"], r["fichier"], r["version"]] = max(
                publiees[r["champ"], r["fichier"], r["version"]], int(r["end"])
            )
    with (partage / "pmsi" / "positions_variable.csv").open(encoding="utf-8") as fichier:
        zones = {(r["version"], int(r["ordre_zone"])): int(r["longueur_zone"]) for r in csv.DictReader(fichier)}
    # A layout without a code is called by its length, as an invoice is by its letter and its length.
    longueurs = {
        str(longueur) if version == "sans code" else version.replace("/", ""): longueur
        for (_, _, version), longueur in publiees.items()
    }
    # A version may have a layout that is published elsewhere.
    notres: dict[str, list[pmsi_formats.Format]] = defaultdict(list)
    for lu in (lu for versions in pmsi_formats.formats().values() for lu in versions if lu.version in longueurs):
        notres[lu.version].append(lu)
    assert len(notres) == 39
    for version, lus in notres.items():
        assert longueurs[version] in [lu.longueur for lu in lus], version
        for lu in lus:
            assert [zone.longueur for zone in lu.zones] == [zones[cle] for cle in sorted(zones) if cle[0] == version], version


def test_une_ligne_perdue_se_voit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is counted among the rows of the lake, not deduced from what is not."""
    retenues = pmsi._retenues
    monkeypatch.setattr(
        pmsi, "_retenues", lambda lu, prudente: f"(select * from {retenues(lu, prudente)} where texte not like '%NB %')"
    )
    entrepot = lire_dans_le_lac(
        tmp_path, [rum("A"), rum("B"), rum("C", entree="32012025"), rum("A", das=("I10", "E119")), rum("D", das=("I10", "XX"))]
    )
    comptes = "select nb_lues, nb_retenues, nb_remplacees, nb_rejetees from depot.fichiers where flux = 'pmsi/mco'"
    assert entrepot.execute(comptes).fetchall() == [(5, 2, 1, 1)]
    assert entrepot.execute("select ligne_source % 10, ordre, code from depot.pmsi_rss_diagnostics order by all").fetchall() == [
        (4, 1, "I10"), (4, 2, "E119"), (5, 1, "I10"), (5, 2, None),
    ]  # fmt: skip


# --------------------------------------------------------------------------------------------------- demonstration


@pytest.fixture(scope="module")
def deux_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration built with its establishments fed by the GAM; then, over a copy, what changes when it is the PMSI."""
    from demo import ecrire

    def faire(dossier: Path) -> None:
        bilan = ecrire(dossier / "exports", echelle=0.1)
        (dossier / "bilan.pickle").write_bytes(pickle.dumps(bilan))
        etablissements = dossier / "exports" / "etablissements.csv"
        for source, selection in (
            ("GAM", "+int_sejours +int_sejours_venues +rapprochement_pmsi_gam +anomalies_pmsi +fichiers +rejets"),
            ("PMSI", "stg_reference__fichiers stg_reference__etablissements int_venues int_sejours_venues int_sejours"),
        ):
            etablissements.write_text(
                re.sub(";(GAM|PMSI);", f";{source};", etablissements.read_text(encoding="utf-8")), encoding="utf-8"
            )
            dbt(
                dossier / "exports", dossier / source, "build", "--exclude", "test_type:unit", "--select", *selection.split(),
                date_extraction=bilan.fin.isoformat(),
            )  # fmt: skip
            if source == "GAM":
                (dossier / "PMSI").mkdir()
                shutil.copy(dossier / "GAM" / "entrepot.duckdb", dossier / "PMSI")

    return une_fois(tmp_path_factory, "pmsi_deux_sources", faire)


def test_memes_sejours_par_le_pmsi_sauf_les_differences_semees(deux_sources: Path) -> None:
    bilan = pickle.loads((deux_sources / "bilan.pickle").read_bytes())
    requete = "select sejour_id, ipp, date_entree, date_sortie, clos, provisoire from intermediaire.int_sejours"
    gam, pmsi = ({r[0]: r[1:] for r in lire(deux_sources / s / "entrepot.duckdb", requete)} for s in ("GAM", "PMSI"))
    assert len(gam) > 200
    constatees = {}
    for cle in gam.keys() | pmsi.keys():
        finess, activite, iep = cle.split(":")
        du_gam, du_pmsi = gam.get(cle), pmsi.get(cle)
        if du_gam != du_pmsi:
            constatees[finess, activite, iep] = (
                ("SEUL_GAM" if du_gam[2] else "EN_COURS") if du_pmsi is None
                else "SEUL_PMSI" if du_gam is None
                else "SANS_IPP" if du_pmsi[0] is None and du_gam[1:] == du_pmsi[1:]
                else "DATES" if du_gam[0] == du_pmsi[0] and du_gam[1:3] != du_pmsi[1:3]
                else "AUTRE"
            )  # fmt: skip
    # Venues that share a stay number are one séjour in both sources.
    assert constatees == {
        (d.finess_ej, d.champ, d.iep): d.nature for d in bilan.differences if d.nature != "IEP_REGROUPES"
    }  # fmt: skip


def test_le_rapprochement_trouve_les_differences_semees(deux_sources: Path) -> None:
    bilan = pickle.loads((deux_sources / "bilan.pickle").read_bytes())
    semees = Counter((d.finess_ej, d.champ, d.nature) for d in bilan.differences)
    champs = {(d.finess_ej, d.champ) for d in bilan.differences if d.nature == "IEP_REGROUPES"}
    for source in ("GAM", "PMSI"):
        entrepot = deux_sources / source / "entrepot.duckdb"
        for finess, champ, nb_pmsi, nb_gam, communs, pmsi_seul, gam_seul, dates in lire(
            entrepot,
            "select finess_ej, champ, sum(nb_sejours_pmsi), sum(nb_sejours_gam), sum(nb_communs), sum(nb_pmsi_seul),"
            " sum(nb_gam_seul), sum(nb_dates_differentes) from qualite.rapprochement_pmsi_gam group by all",
        ):
            assert nb_pmsi == communs + pmsi_seul and nb_gam == communs + gam_seul
            assert pmsi_seul == semees[finess, champ, "SEUL_PMSI"]
            if (finess, champ) not in champs:
                assert gam_seul == semees[finess, champ, "SEUL_GAM"], (finess, champ)
                assert dates == semees[finess, champ, "DATES"], (finess, champ)
        sans_ipp = dict(
            ((finess, champ), nombre)
            for finess, champ, nombre in lire(
                entrepot,
                "select finess_ej, champ, sum(nb_venues) from qualite.anomalies_pmsi where anomalie = 'SANS_IPP' group by all",
            )
        )
        assert sans_ipp == {cle[:2]: nombre for cle, nombre in semees.items() if cle[2] == "SANS_IPP"}


def test_les_lignes_fautives_de_la_demonstration_sont_rejetees(deux_sources: Path) -> None:
    bilan = pickle.loads((deux_sources / "bilan.pickle").read_bytes())
    attendus = Counter((r.fichier, r.ligne, r.motif) for r in bilan.rejets_attendus if "/pmsi/" in r.fichier)
    entrepot = deux_sources / "GAM" / "entrepot.duckdb"
    assert len(attendus) > 20
    assert Counter(lire(entrepot, "select fichier, ligne, motif from qualite.rejets where flux like 'pmsi/%'")) == attendus
    assert not lire(
        entrepot,
        "select fichier from qualite.fichiers where flux like 'pmsi/%'"
        " and (nb_lignes <> nb_lues or nb_lues <> nb_retenues + nb_remplacees + nb_rejetees)",
    )
