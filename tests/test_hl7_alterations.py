"""Damaged messages: the build goes on, every message is counted, the sound neighbours of a damaged one are all read.

``SOCLE_ALTERATIONS_HL7`` is the number of whole files that are damaged, one an establishment (12 unless told).
"""

from __future__ import annotations

import gzip
import os
import random
import re
from pathlib import Path

import pytest
from conftest import lire
from test_hl7 import SCENARIOS, adt, cda, document, entrepot_hl7, pid

from socle.lecture import hl7

EJ = "030000001"
GRAINE = 2023
DELIMITEURS = [
    b"|",
    b"^",
    b"~",
    b"\\",
    b"&",
    b"\r",
    b"\n",
    b"\x0b",
    b"\x1c",
    b'""',
    b"\\X",
    b"\\F\\",
    b"\x00",
    b"\xff",
    b"MSH",
    b"\rMSH|",
]


def messages(flux: str) -> list[bytes]:
    """The valid and invalid messages of the scenarios, one by one."""
    textes = [c if isinstance(c, bytes) else c.encode() for nom, c in SCENARIOS.items() if f"/{flux}/hl7/" in nom]
    return [m for texte in textes for m in re.split(rb"(?=MSH\|)", texte) if len(m) > 20]


def alterer(hasard: random.Random, message: bytes) -> bytes:
    """Damage a message in one of the ways an interface, a disk or a transfer does."""
    octets = bytearray(message)
    genre = hasard.randrange(6)
    if genre == 0:
        return bytes(octets[: hasard.randrange(len(octets))])
    if genre == 1:
        for _ in range(hasard.randrange(1, 8)):
            octets[hasard.randrange(len(octets))] = hasard.randrange(256)
    elif genre == 2:
        ou = hasard.randrange(len(octets))
        octets[ou:ou] = hasard.choice([b"A", b"9", b"\\E\\", "é".encode()]) * hasard.choice([5_000, 70_000, 1_200_000])
    elif genre == 3:
        for _ in range(hasard.randrange(1, 30)):
            ou = hasard.randrange(len(octets))
            octets[ou:ou] = hasard.choice(DELIMITEURS)
    elif genre == 4:
        segments = bytes(octets).split(b"\r")
        hasard.shuffle(segments)
        return b"\r".join(segments)
    else:
        debut = hasard.randrange(len(octets))
        del octets[debut : debut + hasard.randrange(1, 60)]
    return bytes(octets)


def fichiers_alteres() -> dict[str, str | bytes]:
    """Files of messages, one in two altered; the seed makes them the same each time."""
    hasard = random.Random(GRAINE)
    fichiers: dict[str, str | bytes] = {}
    temoin = 0
    for flux, nombre in (("gam", 500), ("dpi", 300)):
        corpus = messages(flux)
        for rang in range(5):
            contenu = bytearray()
            for _ in range(nombre // 5):
                temoin += 1
                contenu += alterer(hasard, hasard.choice(corpus))
                sain = adt("A28", "20230601", pid(f"TEMOIN{temoin}"))
                if flux == "dpi":
                    sain = document("MDM^T02", "20230601", cda(f"9.{temoin}", lot=f"8.{temoin}"), f"9.{temoin}", patient=pid("T"))
                # Only the frame tells the end of a message from the beginning of one that lost its header.
                contenu += b"\x0b" + sain.encode() + b"\x1c\r" if rang % 2 else sain.encode()
            fichiers[f"{EJ}/{flux}/hl7/{rang}.hl7"] = bytes(contenu)
    return fichiers


NB_FICHIERS = int(os.environ.get("SOCLE_ALTERATIONS_HL7", "12"))
PATIENT = "DUVALMARQUE", "RUEMARQUEE", "0611223399", "pneumopathiemarquee", "279035121518989"
"""What the messages of the damaged files say of a patient: name, address, telephone, result, address of Mon espace santé."""


def abimer(hasard: random.Random, contenu: bytes) -> bytes:
    """Damage a whole file as a disk, a transfer or a careless hand does."""
    octets = bytearray(contenu)
    ou = hasard.randrange(len(octets))
    genre = hasard.randrange(10)
    if genre == 0:
        del octets[ou:]
    elif genre == 1:
        octets[ou : ou + 4_096] = b"\x00" * 4_096
    elif genre == 2:
        for _ in range(len(octets) // 200 + 1):
            octets[hasard.randrange(len(octets))] = hasard.randrange(256)
    elif genre == 3:
        octets[ou:ou] = hasard.randbytes(20_000)
    elif genre == 4:
        return contenu.decode("utf-8", "replace").encode("utf-16")
    elif genre == 5:
        return gzip.compress(contenu)[: ou + 20]
    elif genre == 6:
        return contenu.replace(b"\r", hasard.choice([b"\n", b"\r\n", b"\n\r", b" ", b"\x1e"]))
    elif genre == 7:
        return contenu[ou:] + contenu[:ou]
    elif genre == 8:
        return re.sub(rb"[|^]", lambda m: m[0] if hasard.random() < 0.98 else hasard.choice([b"", b"||", b"\r", b"\n"]), contenu)
    else:
        return b"".join(alterer(hasard, m) if len(m) > 20 else m for m in re.split(rb"(?=MSH\|)", contenu))
    return bytes(octets)


def fichiers_abimes() -> dict[str, str | bytes]:
    """Damaged files, one an establishment."""
    hasard = random.Random(GRAINE)
    nom, adresse, telephone, resultat, ins = PATIENT
    fichiers: dict[str, str | bytes] = {}
    for rang in range(NB_FICHIERS):
        flux = ("gam", "dpi")[rang % 2]
        corpus = [m for m in messages(flux) if len(m) < 10_000]
        contenu = b"".join(hasard.choices(corpus, k=12))
        contenu = re.sub(
            rb"\|\|N\^P\^\^\^\^\^L\|\|(\d+)\|(\w?)\|\|\|\|",
            rf"||{nom}^{nom}^^^^^L||\1|\2|||{adresse}||{telephone}".encode(),
            contenu,
        ).replace(
            b"\rPV1|",
            f"\rOBX|1|FT|x||{resultat}|\rPRT||||RCT|{ins}^{nom}||||||||||^^X.400^{ins}@patient.mssante.fr\rPV1|".encode(),
        )
        fichiers[f"04{rang:07d}/{flux}/hl7/a.hl7"] = abimer(hasard, contenu)
    return fichiers


@pytest.fixture(scope="session")
def entrepot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return entrepot_hl7(tmp_path_factory)


def test_chaque_message_est_compte(entrepot: Path) -> None:
    comptes = lire(
        entrepot,
        "select nb_lignes, nb_lues, nb_retenues + nb_remplacees + nb_rejetees, nb_rejetees from qualite.fichiers"
        f" where flux like '%hl7' and finess_ej = '{EJ}'",
    )
    assert len(comptes) == 10
    for nb_lignes, nb_lues, nb_classees, nb_rejetees in comptes:
        assert nb_lignes == nb_lues == nb_classees
        assert 0 < nb_rejetees < nb_lues
    rejets = lire(
        entrepot,
        "select count(*), count(distinct (flux, fichier, ligne)) from qualite.rejets"
        f" where flux like '%hl7' and finess_ej = '{EJ}' and motif <> 'CORPS_ILLISIBLE'",
    )
    assert rejets == [(sum(c[3] for c in comptes),) * 2]


@pytest.mark.parametrize(
    ("flux", "requete", "motif", "premier", "nombre"),
    [
        ("gam", "select ipp from staging.stg_gam__patients", r"TEMOIN(\d+)\^", 1, 500),
        ("dpi", "select document_id from staging.stg_dpi__documents", r"\|\|9\.(\d+)\|", 501, 300),
    ],
)
def test_les_messages_sains_sont_lus(entrepot: Path, flux: str, requete: str, motif: str, premier: int, nombre: int) -> None:
    lus = {
        int(m[1])
        for (ident,) in lire(entrepot, f"{requete} where finess_ej = '{EJ}'")
        if (m := re.fullmatch(r"(?:TEMOIN|9\.)(\d+)", ident))
    }
    rejets = set(lire(entrepot, f"select fichier, ligne from qualite.rejets where flux = '{flux}/hl7'"))
    exports = entrepot.parents[1] / "exports"
    for rang in range(5):
        fichier = f"{EJ}/{flux}/hl7/{rang}.hl7"
        attendus = set(range(premier + rang * nombre // 5, premier + (rang + 1) * nombre // 5))
        rejetes = {
            int(m[1])
            for ligne, brut in enumerate(hl7.decouper(exports / fichier), start=1)
            if (fichier, ligne) in rejets
            for m in re.finditer(motif, b"\r".join(brut.segments).decode(errors="replace"))
        }
        if rang % 2:
            assert attendus <= lus
        else:
            assert attendus <= lus | rejetes
            assert len(attendus & lus) > 0.8 * len(attendus)


def test_rien_du_patient_dans_les_rejets(entrepot: Path) -> None:
    rejets = lire(entrepot, f"select valeur from qualite.rejets where flux like '%hl7' and finess_ej = '{EJ}'")
    valeurs = {valeur for (valeur,) in rejets if valeur is not None}
    assert valeurs
    assert all(re.fullmatch(r"[A-Z]{3}(\^[A-Z][0-9A-Z][0-9])?", v) for v in valeurs), valeurs


def test_chaque_fichier_abime_est_compte(entrepot: Path) -> None:
    comptes = lire(
        entrepot,
        "select etat, nb_lignes, nb_lues, nb_retenues + nb_remplacees + nb_rejetees + nb_ignorees from qualite.fichiers"
        " where finess_ej like '04%'",
    )
    assert len(comptes) == NB_FICHIERS
    assert all(etat in ("LISIBLE", "ILLISIBLE") for etat, *_ in comptes)
    assert all(nb_lues == nb_classees == nb_lignes for etat, nb_lignes, nb_lues, nb_classees in comptes if etat == "LISIBLE")


def test_rien_du_patient_n_est_lisible_par_d_autres(entrepot: Path) -> None:
    exports = entrepot.parents[1] / "exports"
    deposes = b"".join(fichier.read_bytes() for fichier in exports.glob("04*/*/hl7/*"))
    assert all(mot.encode() in deposes for mot in PATIENT)
    lisibles = [f for f in entrepot.parent.rglob("*") if f.is_file() and not f.is_symlink() and f.stat().st_mode & 0o044]
    assert [f.name for f in lisibles if any(mot.encode() in f.read_bytes() for mot in PATIENT)] == []
