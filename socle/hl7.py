"""HL7 v2 files before SQL reads them: message boundaries, character set, document bodies.

An archive of interface messages is read by blocks and written as Parquet, one row a message, its segments as text;
fields, repetitions, components and escape sequences are the work of ``macros/lecteurs/hl7.sql``. The body of a
document (base64, hundreds of kilobytes) never leaves this module: only the header of its CDA does.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree

TAILLE_BLOC = 1 << 22
MESSAGE_MAXIMAL = 64 << 20
"""Bytes of the longest message that is read; a longer one is rejected, its bytes are not kept."""
SEGMENT_MAXIMAL = 1 << 20
"""Bytes of the longest segment once the document it carries is taken out."""
SEGMENTS_MAXIMUM = 20_000
TEXTE_MAXIMAL = 4_096
"""Characters kept of the value of an observation that is no document."""
ENTETE_CDA_MAXIMAL = 4 << 20
"""Bytes of a CDA in which its body must have begun."""
TRANCHE_BASE64 = 1 << 16

CHAMPS_LUS = {"PID": {0, 3, 7, 8, 18, 32}, "MRG": {0, 1}}
"""Fields kept of the segments that name the patient: his identifiers, birth, sex, file, and how sure his identity is."""
SEGMENTS_LUS = {"MSH", "EVN", "PV1", "ZBE", "ZFA", "ZFM", "ROL", "PRT", "OBX", "ORC", "OBR", "TXA", "MSA", "ERR"}
"""Segments kept whole. Of the others (relatives, insurance, health, occupation, anything local) only the presence is."""

LOT_MESSAGES = 5_000
LOT_OCTETS = 1 << 24

CDA = "{urn:hl7-org:v3}"
OID_PROFESSIONNEL = "1.2.250.1.71.4.2.1"
OID_DICOM = "1.2.840.10008.2.16.4"

_AMORCE = b"MSH|^~\\&|"
_SUIVANT = b"\n" + _AMORCE
_LOT = (b"FHS", b"BHS", b"BTS", b"FTS")
_ENTETE_ABIMEE = re.compile(rb"[^|]{1,4}\|\^~\\&\|")
_ORDINAIRE = re.compile(rb"MSH\|\^~\\&\|[^\n]*(?:\n+(?!OBX|MSH|FHS|BHS|BTS|FTS)[A-Z][A-Z0-9]{2}\|[^\n]*)*(?:\n+\x1c)?\n*")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+=*")
_NOM_SEGMENT = re.compile(rb"[A-Z][A-Z0-9]{2}")
_CONTROLES = {code: "\ufffd" for code in range(0x20) if chr(code) not in "\t\n"}
_OCTETS_CONTROLE = bytes(_CONTROLES)


class Brut(NamedTuple):
    """One message: its segments as bytes, and the reason why they cannot be read, if any."""

    segments: list[bytes]
    anomalie: str | None = None
    ordinaire: bool = False
    """It has the usual delimiters, whole segments, and no observation."""


class EnteteCda(TypedDict):
    """What the header of a document says, as text; identifiers are written ``root`` or ``root^extension``.

    ``numero`` stands in the message where the document stood. ``etat`` is CDA, NON_CDA (the body is something else)
    or ILLISIBLE (it claims to be one and cannot be read).
    """

    numero: str
    etat: str
    document_id: str | None
    set_id: str | None
    version: str | None
    type_code: str | None
    date_creation: str | None
    niveau: str | None
    parents: list[str]
    patients: list[str]
    destinataires: list[str]
    modalites: list[str]


CORPS = pa.struct(
    [
        *((nom, pa.string()) for nom in (
            "numero", "etat", "document_id", "set_id", "version", "type_code", "date_creation", "niveau",
        )),
        *((nom, pa.list_(pa.string())) for nom in (
            "parents", "patients", "destinataires", "modalites",
        )),
    ]
)  # fmt: skip
SCHEMA = pa.schema(
    [
        ("fichier_id", pa.int64()),
        ("message", pa.int64()),
        ("anomalie", pa.string()),
        ("empreinte", pa.string()),
        ("segments", pa.list_(pa.string())),
        ("corps", pa.list_(CORPS)),
    ]
)


def _paquets(chemin: str | Path) -> Iterator[bytes | None]:
    """Yield whole lines of a file, many at once; None stands for a line too long to be kept.

    CR, LF and CRLF end a line; so do the two bytes of the MLLP framing, which stay visible: the opening one begins
    its line (but before a header, which says as much), the closing one is a line.
    """
    reste, deborde = b"", False
    with open(chemin, "rb") as fichier:
        while bloc := fichier.read(TAILLE_BLOC):
            bloc = bloc.replace(b"\r", b"\n").replace(b"\x0bMSH", b"\nMSH").replace(b"\x0b", b"\n\x0b")
            bloc = bloc.replace(b"\x1c", b"\n\x1c\n")
            if deborde:
                _, fin, bloc = bloc.partition(b"\n")
                if not fin:
                    continue
                deborde = False
            tampon = reste + bloc
            coupe = tampon.rfind(b"\nMSH")
            if coupe < 0 and len(tampon) > MESSAGE_MAXIMAL:
                coupe = tampon.rfind(b"\n")
                if coupe < 0:
                    yield None
                    reste, deborde = b"", True
                    continue
            if coupe < 0:
                reste = tampon
            else:
                yield tampon[:coupe]
                reste = tampon[coupe + 1 :]
    yield reste


def _est_entete(ligne: bytes, derniere: bytes) -> bool:
    if ligne.startswith(b"MSH"):
        # A line of a wrapped base64 body may begin with these letters by chance.
        return not (derniere.startswith(b"OBX") and len(ligne) > 4 and _BASE64.fullmatch(ligne))
    return _ENTETE_ABIMEE.match(ligne) is not None


def decouper(chemin: str | Path) -> Iterator[Brut]:
    """Yield the messages of a file, in order.

    A message begins with an MSH segment, even a damaged one, or with the opening byte of the MLLP framing. What
    stands before the first header is a message that cannot be read: nothing that is not blank is left out.

    Args:
        chemin: file of HL7 v2 messages.
    """
    segments: list[list[bytes]] = []
    taille, anomalie, ouvert, premier = 0, "", False, True

    def clore() -> Iterator[Brut]:
        nonlocal segments, taille, anomalie, ouvert
        if segments or anomalie:
            entiers = [b"".join(morceaux) for morceaux in segments]
            if not anomalie and not entiers[0].startswith(b"MSH"):
                anomalie = "MESSAGE_ILLISIBLE"
            yield Brut(entiers, anomalie or None)
        segments, taille, anomalie, ouvert = [], 0, "", False

    for paquet in _paquets(chemin):
        if paquet is None:
            if not ouvert:
                yield from clore()
            ouvert, anomalie = True, "MESSAGE_TROP_LONG"
            continue
        if premier:
            paquet, premier = paquet.removeprefix(b"\xef\xbb\xbf"), False
        for rang, morceau in enumerate(paquet.split(_SUIVANT)):
            morceau = _AMORCE + morceau if rang else morceau
            if _ORDINAIRE.fullmatch(morceau) and morceau.find(_AMORCE, 1) < 0 and len(morceau) < SEGMENT_MAXIMAL:
                yield from clore()
                yield Brut([s for s in morceau.split(b"\n") if s and s != b"\x1c"], ordinaire=True)
                continue
            for brute in morceau.split(b"\n"):
                if brute.startswith(b"\x0b"):
                    yield from clore()
                    brute = brute[1:]
                elif brute == b"\x1c":
                    yield from clore()
                    continue
                ligne = brute.strip(b" \t")
                while ligne:
                    milieu = ligne.find(_AMORCE, 1)
                    ligne, suite = (ligne[:milieu], ligne[milieu:]) if milieu > 0 else (ligne, b"")
                    if ligne[:3] in _LOT and not ligne[3:4].isalnum():
                        yield from clore()
                    elif _est_entete(ligne, segments[-1][0] if segments else b""):
                        yield from clore()
                        segments, ouvert, taille = [[ligne]], True, len(ligne)
                    elif not ouvert:
                        segments, ouvert, taille = [[ligne]], True, len(ligne)
                        anomalie = "MESSAGE_ILLISIBLE"
                    else:
                        taille += len(ligne)
                        if taille > MESSAGE_MAXIMAL or len(segments) > SEGMENTS_MAXIMUM:
                            anomalie = "MESSAGE_TROP_LONG"
                        if not anomalie:
                            _ajouter(segments, ligne)
                    ligne = suite
    yield from clore()


def _ajouter(segments: list[list[bytes]], ligne: bytes) -> None:
    """Add a line to a message: a segment, or the rest of the observation or note that a line end cut."""
    separateur = segments[0][0][3:4]
    if _NOM_SEGMENT.match(ligne) and ligne[3:4] in (separateur, b""):
        segments.append([ligne])
    elif segments[-1][0][:3] in (b"OBX", b"NTE"):
        segments[-1].append(ligne)


def compter(chemin: str | Path) -> int:
    """Count the messages of a file, readable or not."""
    return sum(1 for _ in decouper(chemin))


def jeu_de_caracteres(entete: bytes) -> str:
    """Tell the Python codec of a message from MSH-18.

    Args:
        entete: MSH segment. ``8859/1`` and its kin name ISO-8859 parts, anything else is read as UTF-8.
    """
    champs = entete.split(entete[3:4])
    declare = champs[17].upper() if len(champs) > 17 else b""
    partie = re.search(rb"8859[/-]?(1[0-6]|[1-9])(?![0-9])", declare) if b"8859" in declare else None
    return f"iso8859-{partie[1].decode()}" if partie and partie[1] != b"12" else "utf-8"


def _texte(octets: bytes, codec: str) -> str:
    try:
        texte = octets.decode(codec)
    except UnicodeDecodeError:
        texte = octets.decode("cp1252", errors="replace")
    return texte if len(octets.translate(None, _OCTETS_CONTROLE)) == len(octets) else texte.translate(_CONTROLES)


def _extraire_corps(segment: bytes, champ: bytes, composant: bytes, numero: int) -> tuple[bytes, bytes | None]:
    """Take the data out of an observation; return the segment without it, and the data when it is base64.

    The number of the data stands in its place.
    """
    champs = segment.split(champ, 6)
    if len(champs) < 6:
        return segment, None
    donnees = None
    if champs[2] == b"ED":
        morceaux = champs[5].split(composant)
        if len(morceaux) > 4:
            if morceaux[3].strip().upper() == b"BASE64" and not champs[3].startswith(b"CORPSMAIL"):
                donnees = morceaux[4]
            place = b"" if donnees is None else str(numero).encode()
            champs[5] = composant.join([*morceaux[:4], place])
        else:
            champs[5] = champs[5][:TEXTE_MAXIMAL]
    elif len(champs[5]) > TEXTE_MAXIMAL:
        champs[5] = champs[5][:TEXTE_MAXIMAL]
    else:
        return segment, None
    return champ.join(champs), donnees


def _tranches(donnees: bytes) -> Iterator[bytes]:
    propres = donnees.translate(None, b" \t\r\n")
    propres += b"=" * (-len(propres) % 4)
    for debut in range(0, min(len(propres), ENTETE_CDA_MAXIMAL * 4 // 3), TRANCHE_BASE64):
        yield binascii.a2b_base64(propres[debut : debut + TRANCHE_BASE64], strict_mode=True)


def lire_entete(donnees: bytes, numero: int = 1) -> EnteteCda:
    """Read the header of a CDA R2 document, up to the first element of its body.

    Args:
        donnees: base64 text of the document.
        numero: rank of the document in its message, from 1.

    Returns:
        The header as text; nothing in the document can make this raise.
    """
    entete = EnteteCda(
        numero=str(numero), etat="ILLISIBLE", document_id=None, set_id=None, version=None, type_code=None,
        date_creation=None, niveau=None, parents=[], patients=[], destinataires=[], modalites=[],
    )  # fmt: skip
    analyseur = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    racine: Any = None
    try:
        for rang, tranche in enumerate(_tranches(donnees)):
            if rang == 0 and not tranche.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
                return entete | {"etat": "NON_CDA"}
            analyseur.feed(tranche)
            for _, element in analyseur.read_events():
                if racine is None:
                    racine = element
                    if racine.tag != f"{CDA}ClinicalDocument":
                        return entete | {"etat": "NON_CDA"}
                    # No document of the framework has a DTD; entities and external files come with one.
                    if racine.getroottree().docinfo.doctype:
                        return entete
                parent = element.getparent()
                if parent is not None and parent.tag == f"{CDA}component" and parent.getparent() is racine:
                    niveaux = {f"{CDA}nonXMLBody": "N1", f"{CDA}structuredBody": "N3"}
                    return entete | _releve(racine) | {"etat": "CDA", "niveau": niveaux.get(element.tag)}
    except (binascii.Error, etree.XMLSyntaxError, ValueError):
        return entete
    return entete


def _identifiant(element: Any) -> str | None:
    if element is None or not element.get("root"):
        return None
    return "^".join(filter(None, (element.get("root"), element.get("extension"))))


def _attribut(racine: Any, chemin: str, nom: str) -> str | None:
    element = racine.find(chemin)
    return None if element is None else element.get(nom)


def _releve(racine: Any) -> dict[str, Any]:
    """Take the values of the header; the identifier of encompassingEncounter is no venue, so it is not read."""

    def identifiants(chemin: str) -> list[str]:
        return [texte for element in racine.iterfind(chemin) if (texte := _identifiant(element))]

    return {
        "document_id": _identifiant(racine.find(f"{CDA}id")),
        "set_id": _identifiant(racine.find(f"{CDA}setId")),
        "version": _attribut(racine, f"{CDA}versionNumber", "value"),
        "type_code": _attribut(racine, f"{CDA}code", "code"),
        "date_creation": _attribut(racine, f"{CDA}effectiveTime", "value"),
        "parents": identifiants(f"{CDA}relatedDocument[@typeCode='RPLC']/{CDA}parentDocument/{CDA}id"),
        "patients": identifiants(f"{CDA}recordTarget/{CDA}patientRole/{CDA}id"),
        "destinataires": [
            element.get("extension")
            for element in racine.iterfind(f"{CDA}informationRecipient/{CDA}intendedRecipient/{CDA}id")
            if element.get("root") == OID_PROFESSIONNEL and element.get("extension")
        ],
        "modalites": [
            element.get("code", "")
            for element in racine.iterfind(f"{CDA}documentationOf/{CDA}serviceEvent/{CDA}code/{CDA}translation")
            if element.get("codeSystem") == OID_DICOM
        ],
    }


def _sans_identite(segment: str, champ: str) -> str:
    """Leave of a segment what the models read: no name, address or telephone of the patient or his relatives."""
    nom = segment[:3]
    if nom in CHAMPS_LUS and champ:
        champs = segment.split(champ)
        return champ.join(texte if rang in CHAMPS_LUS[nom] else "" for rang, texte in enumerate(champs))
    return segment if nom in SEGMENTS_LUS else nom


def lire(brut: Brut) -> dict[str, Any]:
    """Give one message as a row of the intermediate file, its documents taken out and their headers read."""
    segments, corps = brut.segments, []
    anomalie = brut.anomalie
    empreinte = hashlib.blake2b(b"\r".join(segments), digest_size=16).hexdigest()
    textes: list[str] = []
    if brut.ordinaire:
        textes = _texte(b"\n".join(segments), jeu_de_caracteres(segments[0])).split("\n")
    elif anomalie is None:
        champ, composant = segments[0][3:4], segments[0][4:5]
        codec = jeu_de_caracteres(segments[0]) if champ else "utf-8"
        for segment in segments:
            if champ and composant and segment.startswith(b"OBX"):
                segment, donnees = _extraire_corps(segment, champ, composant, len(corps) + 1)
                if donnees is not None:
                    corps.append(lire_entete(donnees, len(corps) + 1))
            if len(segment) > SEGMENT_MAXIMAL:
                anomalie, textes, corps = "MESSAGE_TROP_LONG", [], []
                break
            textes.append(_texte(segment, codec))
    elif segments and segments[0].startswith(b"MSH"):
        textes = [_texte(segments[0][:TEXTE_MAXIMAL], "utf-8")]
    utiles = [_sans_identite(texte, textes[0][3:4]) for texte in textes]
    return {"anomalie": anomalie, "empreinte": empreinte, "segments": utiles, "corps": corps}


def ranger(fichiers: str, chemin: str, metadonnees: str) -> int:
    """Write the messages of some files as one Parquet file, a lot of the cache.

    Args:
        fichiers: JSON, ``fichier_id`` and ``chemin`` of each file.
        chemin: of the lot.
        metadonnees: footer of the lot (`socle.cache.Lot`).

    Returns:
        Number of messages, one row each.

    Raises:
        OSError: a file disappeared since it was listed, or the disk is full.
    """
    total = octets = 0
    with pq.ParquetWriter(chemin, SCHEMA.with_metadata({"socle": metadonnees}), compression="zstd") as sortie:

        def vider() -> None:
            colonnes = [pa.array([ligne[nom] for ligne in lot], SCHEMA.field(nom).type) for nom in SCHEMA.names]
            sortie.write_batch(pa.RecordBatch.from_arrays(colonnes, schema=SCHEMA))
            lot.clear()

        lot: list[dict[str, Any]] = []
        for fichier in json.loads(fichiers):
            for numero, brut in enumerate(decouper(fichier["chemin"]), start=1):
                ligne = lire(brut)
                octets += sum(map(len, ligne["segments"]))
                lot.append({"fichier_id": fichier["fichier_id"], "message": numero, **ligne})
                total += 1
                if len(lot) >= LOT_MESSAGES or octets >= LOT_OCTETS:
                    vider()
                    octets = 0
        if lot:
            vider()
    return total
