"""Damaged PMSI files: the build goes on, every line is counted once, and nothing of a patient is left for others to read.

``SOCLE_ALTERATIONS_PMSI`` sets how many files; each is made from its number alone, so that one can be made again.
"""

from __future__ import annotations

import gzip
import io
import os
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import lire

NOMBRE = int(os.environ.get("SOCLE_ALTERATIONS_PMSI", "30"))
PATIENT = "SECRET"
"""Begins every identifier of a patient of these files."""
FLUX = ("mco", "smr", "had", "psy", "ace")


def ej(rang: int) -> str:
    """Ten files an establishment: some replace lines of the others."""
    return f"8{rang // 10:08d}"


def lignes(flux: str, hasard: random.Random) -> list[str]:
    """Sound lines of the types of file of a folder, the same numbers from one file to the next."""
    from test_pmsi import ACTE, DISCIPLINE, EJ, poser, rhs, rum, vidhosp

    resultat = []
    for n in range(1, 31):
        identifiant = f"{PATIENT}{n:05d}"
        if flux == "mco":
            das = tuple(hasard.choices(("I10", "E119", "R53+2"), k=hasard.randrange(4)))
            version = hasard.choice(("120", "121", "122", "123"))
            resultat += [
                rum(f"{n}", version=version, nda=identifiant, das=das, actes=(ACTE,) * hasard.randrange(3)),
                vidhosp(identifiant, identifiant, compteur="01") + DISCIPLINE,
                f"{n:<20}{identifiant:20}",
                f"{n:04d}{EJ}07 01012020020C",
            ]
        elif flux == "smr":
            resultat += [rhs(f"{n:07d}", f"{semaine:02d}2025").replace("S0", "SE", 1) for semaine in (1, 2)]
        elif flux == "had":
            resultat.append(
                poser(
                    190, (1, "H1F"), (4, EJ), (13, EJ), (22, identifiant), (42, f"H{n}"), (62, "01011950"), (86, "02012025"),
                    (96, "05012025"), (106, "0001"), (110, "02012025"), (118, "05012025"), (149, "0"), (150, "0"), (151, "00"),
                    (159, "0001"), (163, "02012025"), (171, "05012025"), (180, "000"),
                )
                + poser(31, (1, "10"), (3, "000"), (6, "0410"), (10, "1"), (11, "1001"))
            )  # fmt: skip
        elif flux == "psy":
            resultat += [
                poser(
                    154, (1, EJ), (10, EJ), (19, "P12"), (22, identifiant), (42, "01011950"), (56, "01"), (60, f"P{n}"),
                    (80, "02012025"), (90, "05012025"), (111, "02012025"), (119, "05012025"), (127, "003000"), (151, "0000"),
                ),
                poser(96, (1, EJ), (10, EJ), (19, "P14"), (22, identifiant), (70, "02012025"), (95, "00")),
            ]  # fmt: skip
        else:
            commun = ((2, EJ), (11, EJ))
            resultat += [
                poser(
                    310, (1, "A"), *commun, (40, f"{n:09d}"), (65, "1"), (85, "02012025"), (266, identifiant), (302, f"{n:09d}")
                ),
                poser(161, (1, "C"), *commun, (38, f"{n:09d}"), (70, "02012025"), (78, "CS"), (83, "001"), (153, f"{n:09d}")),
            ]
    return resultat


def _octets(hasard: random.Random, octets: bytearray) -> None:
    for _ in range(hasard.randrange(1, 40)):
        octets[hasard.randrange(len(octets))] = hasard.randrange(256)


def _chiffres(hasard: random.Random, octets: bytearray) -> None:
    """Characters that look right where they are not."""
    for _ in range(hasard.randrange(1, 80)):
        octets[hasard.randrange(len(octets))] = hasard.choice(b"0123456789 AXOZ")


def _coupe(hasard: random.Random, octets: bytearray) -> None:
    del octets[hasard.randrange(len(octets)) :]


def _trous(hasard: random.Random, octets: bytearray) -> None:
    for _ in range(hasard.randrange(1, 6)):
        debut = hasard.randrange(max(len(octets), 1))
        del octets[debut : debut + hasard.randrange(1, 300)]


def _ajouts(hasard: random.Random, octets: bytearray) -> None:
    for _ in range(hasard.randrange(1, 20)):
        ou = hasard.randrange(len(octets) + 1)
        octets[ou:ou] = hasard.choice(
            [b"\r", b"\n", b"\r\n\r\n", b"\x00", b"\x01", b"\x02", b"\x1a", b'"', b";", b"\xff", "é".encode(), b"'", b"{{"]
        )


def _geante(hasard: random.Random, octets: bytearray) -> None:
    ou = hasard.randrange(len(octets))
    octets[ou:ou] = hasard.choice([b" ", b"9", b"\x00", b"A"]) * hasard.choice([600, 70_000, 2_500_000])


def _lignes_melees(hasard: random.Random, octets: bytearray) -> None:
    morceaux = bytes(octets).splitlines(keepends=True)
    hasard.shuffle(morceaux)
    octets[:] = b"".join(morceaux + hasard.choices(morceaux, k=5))


def _sans_fins(hasard: random.Random, octets: bytearray) -> None:
    octets[:] = bytes(octets).replace(b"\r\n", hasard.choice([b"", b"\r", b"\n\r", b"\x0b"]))


def _compteurs(hasard: random.Random, octets: bytearray) -> None:
    """Zones announced that are not there: numbers at the end of every fixed part."""
    octets[:] = re.sub(rb"00(?=\s{0,6}\r\n)", lambda _: b"%02d" % hasard.randrange(100), bytes(octets))


def _autre_encodage(hasard: random.Random, octets: bytearray) -> None:
    octets[:] = bytes(octets).decode("utf-8").encode(hasard.choice(["utf-16", "utf-8-sig", "cp1252", "utf-32"]), errors="replace")


def _bruit(hasard: random.Random, octets: bytearray) -> None:
    octets[:] = hasard.randbytes(hasard.choice([0, 1, 5_000]))


ALTERATIONS: tuple[Callable[[random.Random, bytearray], None], ...] = (
    _octets, _chiffres, _coupe, _trous, _ajouts, _geante, _lignes_melees, _sans_fins, _compteurs, _autre_encodage, _bruit,
)  # fmt: skip


def fichier_altere(rang: int) -> tuple[str, bytes]:
    """Name and bytes of one file of the campaign."""
    hasard = random.Random(f"PMSI {rang}")
    flux = FLUX[rang % len(FLUX)]
    octets = bytearray("".join(f"{ligne}\r\n" for ligne in lignes(flux, hasard)).encode())
    ALTERATIONS[rang % len(ALTERATIONS)](hasard, octets)
    if octets and hasard.random() < 0.3:
        hasard.choice(ALTERATIONS[:5])(hasard, octets)
    nom, contenu = (
        f"{ej(rang)}/pmsi/{flux}/{hasard.choice(['', 'sous/', 'Été 2025/'])}f{rang}_2025.{1 + rang % 12}.txt",
        bytes(octets),
    )
    if rang % 7 == 3:
        contenu = gzip.compress(contenu, mtime=0)
        nom += ".gz"
    elif rang % 7 == 5:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zip_:
            for membre in range(1 + rang % 3):
                zip_.writestr(zipfile.ZipInfo(f"m{membre}.txt"), contenu)
        contenu, nom = archive.getvalue(), nom + ".in.zip"
    if nom.endswith((".gz", ".zip")) and hasard.random() < 0.4:
        abime = bytearray(contenu)
        hasard.choice((_octets, _coupe))(hasard, abime)
        contenu = bytes(abime)
    return nom, contenu


def fichiers_alteres() -> dict[str, str | bytes]:
    """The campaign: files by name."""
    return dict(fichier_altere(rang) for rang in range(NOMBRE))


@pytest.fixture(scope="module")
def sortie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of the build of the dirty PMSI files, of whose landing zone the campaign is a part."""
    from test_pmsi import construire_sales

    return construire_sales(tmp_path_factory) / "sortie"


def test_chaque_ligne_a_un_seul_devenir(sortie: Path) -> None:
    comptes = lire(
        sortie / "entrepot.duckdb",
        "select fichier, nb_lignes, nb_lues, nb_retenues + nb_remplacees + nb_rejetees + nb_ignorees, nb_rejetees, etat"
        " from qualite.fichiers where starts_with(finess_ej, '8')",
    )
    attendus = {nom for nom in fichiers_alteres()}
    assert {nom for nom in attendus if not any(fichier.startswith(nom) for fichier, *_ in comptes)} == set()
    faux = [compte for compte in comptes if not compte[1] == compte[2] == compte[3]]
    assert not faux
    # The rejected lines are in qualite.rejets, one row each; an unknown file, or one that cannot be opened, has one row.
    rejets = dict(
        lire(
            sortie / "entrepot.duckdb",
            "select fichier, count(*) from qualite.rejets where starts_with(finess_ej, '8') group by all",
        )
    )
    for fichier, _, _, _, nb_rejetees, etat in comptes:
        attendu = {"FICHIER_INCONNU": min(nb_rejetees, 1), "ILLISIBLE": 1}.get(etat, nb_rejetees)
        assert rejets.get(fichier, 0) == attendu, fichier


def test_les_lignes_saines_restent(sortie: Path) -> None:
    """Most lines of most files are sound: the campaign would say nothing if all were refused."""
    ((lues, rejetees),) = lire(
        sortie / "entrepot.duckdb",
        "select sum(nb_lues), sum(nb_rejetees) from qualite.fichiers where starts_with(finess_ej, '8')",
    )
    assert 0 < rejetees < lues / 2


def test_rien_du_patient_que_d_autres_puissent_lire(sortie: Path) -> None:
    lisibles = [f for f in sortie.rglob("*") if f.is_file() and f.stat().st_mode & 0o044]
    assert not [f for f in lisibles if PATIENT.encode() in f.read_bytes()]
    rejets = lire(sortie / "entrepot.duckdb", f"select count(*) from qualite.rejets where contains(valeur, '{PATIENT}')")
    assert rejets[0][0] > 0, "les valeurs rejetées ne sont que dans l’entrepôt"
