"""Lignes du PMSI écrites à la main, position par position, contre celles que le générateur écrit depuis les seeds."""

import re
from datetime import date

import numpy as np
import pytest

from demo.calendrier import EPOQUE
from demo.lignes import NUL, Lignes, Texte
from demo.pmsi.lignes import PMSI, rediger, version_au
from socle.lecture.pmsi_formats import formats


def jours(*dates: date | None) -> np.ndarray:
    return np.array([NUL if d is None else (d - EPOQUE).days for d in dates])


def un(texte: str) -> Texte:
    return Texte(np.array([0]), (texte,))


def ecrire(fichier: str, version: str, lignes: Lignes, zones=None) -> str:
    (ligne,) = rediger(fichier, np.array([PMSI["versions"][fichier]["de"].index(version)]), lignes, zones).to_pylist()
    assert ligne.endswith("\r\n")
    return ligne[:-2]


RUM = dict(
    finess_pmsi=un("299999000"), nda=np.array([230000042]), ghm=un("05M092"), complement=un("022"), numero_rss=np.array([b"17"]),
    numero_rum=np.array([b"1"]), date_naissance=jours(date(1950, 1, 31)), sexe=un("2"), unite_medicale=np.array([11]),
    date_entree=jours(date(2023, 12, 30)), mode_entree=un("8"), date_sortie=jours(date(2024, 1, 2)), mode_sortie=un("6"),
    destination=un("1"), code_postal=un("29200"), nb_seances=np.array([0]), diagnostic_principal=un("J189"),
)  # fmt: skip
RUM_EN_TETE = (
    "11" "05M092" " " "{version}" "000" "299999000" "0{court}" "17                  " "230000042           " "1         "
    "31011950" "2" "0011" "  " "30122023" "8" " " "02012024" "6" "1" "29200" "000000" "        " "00" "01" "00" "002"
    "J189    " "        " "000                                 "
)  # fmt: skip
ACTE = "30122023HMFC004-0101 N     01"
DEUXIEME = "30122023YYYY600   04       01"


@pytest.mark.parametrize(
    ("version", "milieu", "fin_d_acte"), [("122", "", ""), ("123", " 00   0000000", "   ")], ids=["122", "123"]
)
def test_rss(version: str, milieu: str, fin_d_acte: str) -> None:
    actes = Lignes(
        date_acte=jours(date(2023, 12, 30)),
        code=np.array([[b"HMFC004", b"YYYY600", b"GLLD015"]]),
        extension_pmsi=np.array([[b"-01", b"", b""]]),
        activite=np.array([[b"1", b"4", b"1"]]),
        modificateurs=np.array([[b"N", b"", b""]]),
        nb_realisations=np.array([1]),
    )
    diagnostics = (np.array([1]), Lignes(code=np.array([[b"I10", b"E119"]])))
    aucun = (np.array([0]), Lignes(code=np.array([[b"N185"]])))
    rum = Lignes(**{**RUM, "complement": un(f"0{version[1:]}")})
    ligne = ecrire("rss", version, rum, {"DAS": diagnostics, "DAD": aucun, "CCAM": (np.array([2]), actes)})
    en_tete = RUM_EN_TETE.format(version=version, court=version[1:])
    assert len(en_tete) == 192
    assert ligne == en_tete + milieu + "I10     " + ACTE + fin_d_acte + DEUXIEME + fin_d_acte


@pytest.mark.parametrize(("version", "forme"), [("P08", "20"), ("P12", "20  ")])
def test_rps(version: str, forme: str) -> None:
    sequence = Lignes(
        finess_pmsi=un("299999002"), finess_geo=un("299998021"), ipp=np.array([7]), date_naissance=jours(date(1980, 2, 29)),
        sexe=un("1"), code_postal=un("67000"), forme_activite=un("20"), numero_sejour=np.array([b"PSY230000009"]),
        date_entree=jours(date(2022, 1, 5)), date_sortie=jours(None), mode_sortie=Texte(np.array([-1]), "8"),
        unite_medicale=np.array([2101]), mode_legal_soins=un("1"), date_debut_sequence=jours(date(2022, 1, 5)),
        date_fin_sequence=jours(date(2022, 1, 31)), nb_jours_presence=np.array([0]), nb_demi_journees_presence=np.array([7]),
        diagnostic_principal=un("F322"),
    )  # fmt: skip
    aucun = (np.array([0]), Lignes(code=np.array([[b"N185"]])))
    acte = (np.array([1]), Lignes(date_acte=jours(date(2022, 1, 6)), code=un("DEQP003")))
    assert ecrire("rps", version, sequence, {"DA": aucun, "CCAM": acte}) == (
        "299999002" "299998021" f"{version}" "00000007            " "29021980" "1" "67000" f"{forme}" "PSY230000009        "
        "05012022" "8" " " "        " " " " " "2101" "99G01" "1" " " "05012022" "31012022" "000" "007" "000111121" " "
        "F322    " "00" "01" "06012022" "DEQP003" "   " "0" "1" " " "01"
    )  # fmt: skip


@pytest.mark.parametrize(("version", "ins", "quantite"), [("V013", "", ""), ("V015", "150026700090142  ", "001")])
def test_vidhosp(version: str, ins: str, quantite: str) -> None:
    sejour = Lignes(
        finess_pmsi=un("299999000"), ipp=np.array([12345]), nda=np.array([230000042]), numero_entree=np.array([230000042]),
        nir=np.array([b"XXXXXXXXXXXXX"]), cle_nir=np.array([b"XX"]), date_naissance=np.array([b"XXXXXXXX"]), sexe=un("1"),
        date_hospitalisation=jours(date(2023, 3, 1)), date_entree=jours(date(2023, 3, 1)), date_sortie=jours(None),
        ins_matricule=np.array([b"150026700090142"]),
    )  # fmt: skip
    entrees = np.stack([jours(date(2023, 3, 1))] * 2, axis=1)
    disciplines = Lignes(date_debut=entrees, date_fin=jours(date(2023, 3, 4)))
    ligne = ecrire("vidhosp", version, sejour, {"DMT": (np.array([1]), disciplines)})
    assert ligne[:61] == "XXXXXXXXXXXXXXX0110XXXXXXXX1230000042           " + version + "299999000"
    assert ligne[160:191] == " 010320230000000000 230000042 0"
    assert ligne[274:291] == "01032023        0"
    assert ligne[347:373] == "199FRA00012345            "
    assert ligne[373:].startswith(ins)
    discipline = "100030103202304032023" + quantite + "0" * 15 + "1" + "0" * 10
    assert ligne.endswith("01" + discipline)
    assert len(ligne) == {"V013": 452, "V015": 468}[version] + len(discipline)


def test_rsf_d_une_facture_d_avant_mars_2022() -> None:
    facture = Lignes(
        finess_pmsi=un("299999000"), finess_geo=un("299998001"), numero_facture=np.array([3]), numero_entree=np.array([210000008]),
        nir=np.array([b"1500267000901"]), cle_nir=np.array([b"42"]), date_soins=jours(date(2021, 5, 6)), code_acte=un("CS"),
        specialite_executant=np.array([4]), ipp=np.array([5]),
    )  # fmt: skip
    en_tete = "C299999000299998001150026700090142000210000008               07    0406052021CS   "
    ancienne, nouvelle = (ecrire("rsf_c", version, facture) for version in ("C152", "C161"))
    assert ancienne.startswith(en_tete) and len(ancienne) == 152
    assert nouvelle == ancienne + "000000003"


def test_versions_selon_le_jour() -> None:
    veilles = jours(date(2022, 2, 28), date(2022, 3, 1), date(2025, 12, 31), date(2026, 1, 1))
    assert version_au("rss", veilles).tolist() == [0, 1, 2, 3]
    lundis = jours(date(2022, 2, 21), date(2022, 2, 28), date(2025, 2, 24), date(2025, 3, 3))
    assert version_au("rhs", lundis).tolist() == [0, 1, 1, 2]


def test_les_constantes_nomment_des_champs_des_seeds() -> None:
    for cle, valeurs in PMSI["constantes"].items():
        fichier, _, nom_de_zone = cle.partition(".")
        versions = formats()["rsf" if fichier.startswith("rsf_") else fichier]
        champs = {c.nom for lu in versions for z in lu.zones if z.nom == nom_de_zone for c in z.champs}
        champs = champs if nom_de_zone else {c.nom for lu in versions for c in lu.champs}
        nommes = {re.split("[+-]", nom)[0] for nom in valeurs if isinstance(nom, str)}
        assert champs and nommes <= champs, (cle, nommes - champs)
