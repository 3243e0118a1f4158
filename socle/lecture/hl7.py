"""HL7 v2 files: message boundaries, character set, document bodies.

An archive of interface messages is read by blocks; each message is its segments as text, whose fields
`socle.lecture.messages` reads. The body of a document (base64, hundreds of kilobytes) never leaves this module: only what the
header of its CDA says does.
"""

from __future__ import annotations

import binascii
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from lxml import etree

from socle.lecture.hl7_valeurs import OID_PROFESSIONNEL

TAILLE_BLOC = 1 << 22
MESSAGE_MAXIMAL = 64 << 20
"""Bytes of the longest message that is read; a longer one is rejected, its bytes are not kept."""
SEGMENT_MAXIMAL = 1 << 20
"""Bytes of the longest segment once the document it carries is taken out."""
SEGMENTS_MAXIMUM = 20_000
TEXTE_MAXIMAL = 4_096
"""Bytes looked at of the header of a message that cannot be read."""
ENTETE_CDA_MAXIMAL = 4 << 20
"""Bytes of a CDA in which its body must have begun."""
TRANCHE_BASE64 = 1 << 16
ARCHIVE_MAXIMALE = 32 << 20
"""Bytes of an archive (XDM) in which a CDA is looked for, and how many files of it."""
FICHIERS_D_ARCHIVE = 64

SEGMENTS_CONNUS = (
    "MSH", "EVN", "PID", "MRG", "PV1", "ZBE", "ZFA", "ZFM", "ZFS", "ROL", "PRT", "OBX", "ORC", "TXA", "MSA", "ERR",
    "NTE", "PD1", "PV2", "ZFD", "ZFP", "ZFV", "IN1", "NK1", "AL1", "DG1",
)  # fmt: skip
"""Segments that a line may begin, where line ends may also be within a field."""

CDA = "{urn:hl7-org:v3}"
OID_DICOM = "1.2.840.10008.2.16.4"
XSL = "{http://www.w3.org/1999/XSL/Transform}"
FEUILLES_DE_STYLE = (f"{XSL}stylesheet", f"{XSL}transform")
"""Roots of a document that carries its own presentation, « auto-présentable »."""

_AMORCE = b"MSH|^~\\&|"
_SUIVANT = b"\n" + _AMORCE
_LOT = (b"FHS", b"BHS", b"BTS", b"FTS")
_ENTETE_ABIMEE = re.compile(rb"[^|]{1,4}\|\^~\\&\|")
_ORDINAIRE = re.compile(rb"MSH\|\^~\\&\|[^\n]*(?:\n+(?!OBX|MSH|FHS|BHS|BTS|FTS)[A-Z][A-Z0-9]{2}\|[^\n]*)*(?:\n+\x1c)?\n*")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+=*")
_NOM_SEGMENT = re.compile(rb"[A-Z][A-Z0-9]{2}")
_FIN_DE_LIGNE = re.compile(rb"[\r\n]")
_DEBUT_DE_MESSAGE = re.compile(rb"(?<=[\r\n\x0b])(?=MSH[^A-Za-z0-9+/=\s])")
_SAUT_DANS_UN_CHAMP = re.compile(
    rb"\n(?!\s*(?:\Z|[\x0b\x1c]|(?:MSH|FHS|BHS|BTS|FTS|%s)[^\w\s]))" % "|".join(sorted(SEGMENTS_CONNUS)).encode()
)
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

    ``numero`` is its rank in the message, from 1; ``groupe`` counts the OBR before it. ``etat`` is CDA,
    NON_CDA (the body is something else) or ILLISIBLE (nothing, or it claims to be one and cannot be read).
    """

    numero: int
    groupe: int
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


def _paquets(chemin: str | Path) -> Iterator[bytes | None]:
    """Yield whole lines of a file, many at once, each ended by LF; None stands for a line too long to be kept.

    The two bytes of the MLLP framing stay visible: the opening one begins its line (but before a header, which says as
    much), the closing one is a line.
    """
    reste, deborde = b"", False
    with open(chemin, "rb") as fichier:
        while bloc := fichier.read(TAILLE_BLOC):
            if deborde:
                fin = _FIN_DE_LIGNE.search(bloc)
                if fin is None:
                    continue
                bloc, deborde = bloc[fin.end() :], False
            tampon = reste + bloc
            coupe = max(tampon.rfind(debut) for debut in (b"\nMSH", b"\rMSH", b"\x0bMSH"))
            if coupe < 0 and len(tampon) > MESSAGE_MAXIMAL:
                coupe = max(tampon.rfind(b"\n"), tampon.rfind(b"\r"))
                if coupe < 0:
                    yield None
                    reste, deborde = b"", True
                    continue
            if coupe < 0:
                reste = tampon
            else:
                yield _lignes(tampon[: coupe + 1])
                reste = tampon[coupe + 1 :]
    yield _lignes(reste)


def _lignes(paquet: bytes) -> bytes:
    """End lines by LF. « Le séparateur de segments est CR »: in a message that CR ends, a lone LF is a blank of a field."""
    if b"\r" in paquet:
        paquet = paquet.replace(b"\r\n", b"\r")
        if b"\n" in paquet:
            paquet = b"".join(map(_sans_saut, _DEBUT_DE_MESSAGE.split(paquet)))
        paquet = paquet.replace(b"\r", b"\n")
    if b"\x0b" in paquet or b"\x1c" in paquet:
        paquet = paquet.replace(b"\x0bMSH", b"\nMSH").replace(b"\x0b", b"\n\x0b").replace(b"\x1c", b"\n\x1c\n")
    return paquet


def _sans_saut(message: bytes) -> bytes:
    premiere = _FIN_DE_LIGNE.search(message)
    return _SAUT_DANS_UN_CHAMP.sub(b" ", message) if premiere and premiere[0] == b"\r" else message


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
    """Add a line to a message: a segment, or what a line end cut off an observation, a note or a field before others."""
    separateur = segments[0][0][3:4]
    if _NOM_SEGMENT.match(ligne) and ligne[3:4] in (separateur, b""):
        segments.append([ligne])
    elif segments[-1][0][:3] in (b"OBX", b"NTE"):
        segments[-1].append(ligne)
    elif separateur and separateur in ligne:
        segments[-1].append(b" " + ligne)


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
    """The text of some bytes: UTF-8 whatever is declared, for text in another encoding is hardly ever valid UTF-8."""
    try:
        texte = octets.decode()
    except UnicodeDecodeError:
        texte = octets.decode("cp1252" if codec == "utf-8" else codec, errors="replace")
    return texte if len(octets.translate(None, _OCTETS_CONTROLE)) == len(octets) else texte.translate(_CONTROLES)


def _extraire_corps(segment: bytes, champ: bytes, composant: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Take the document out of an observation that carries one; « CORPSMAIL_* are also ED: not documents ».

    Returns:
        the segment without its value, its data, and how they are encoded.
    """
    champs = segment.split(champ, 6)
    if len(champs) < 4 or champs[2].strip().upper() != b"ED" or champs[3].startswith(b"CORPSMAIL"):
        return None
    champs += [b""] * (6 - len(champs))
    morceaux = [*champs[5].split(composant), b"", b"", b"", b"", b""]
    champs[5] = b""
    return champ.join(champs), morceaux[4], morceaux[3].strip().upper()


_ECHAPPE = {b"F": b"|", b"S": b"^", b"R": b"~", b"E": b"\\", b"T": b"&"}


def _donnees(donnees: bytes, codage: bytes, echappement: bytes) -> bytes:
    """The data of an ED value without its escape sequences; those of a base64 text are line ends."""
    if not echappement or echappement not in donnees:
        return donnees
    e = re.escape(echappement)
    if codage == b"A":
        return re.sub(
            e + rb"(?:([FSRET])|X((?:[0-9A-Fa-f]{2})+)|[^" + e + rb"]{0,9})" + e,
            lambda m: _ECHAPPE.get(m[1]) or (binascii.unhexlify(m[2]) if m[2] else b" "),
            donnees,
        )
    sequences = rb"X(?:0[DA]|09|20)+" if _BASE64.fullmatch(echappement) else rb"(?:X(?:[0-9A-F]{2})+|\.[A-Z]{2}[0-9+-]*|[HN])"
    return re.sub(e + sequences + e, b"", donnees, flags=re.IGNORECASE)


def _tranches(donnees: bytes) -> Iterator[bytes]:
    propres = donnees.translate(None, b" \t\r\n").removesuffix(b"=").removesuffix(b"=")
    propres += b"=" * (-len(propres) % 4)
    for debut in range(0, min(len(propres), ENTETE_CDA_MAXIMAL * 4 // 3), TRANCHE_BASE64):
        yield binascii.a2b_base64(propres[debut : debut + TRANCHE_BASE64], strict_mode=True)


def _octets(donnees: bytes, codage: bytes, limite: int = ENTETE_CDA_MAXIMAL) -> bytes:
    """The beginning of a document that is not plain base64, as many bytes as the limit.

    Hexadecimal or text, declared or not; « data: », URL alphabet, twice encoded; gzip, zip.
    """
    if codage == b"A" or donnees.lstrip().startswith(b"<"):
        octets = donnees
    elif codage == b"HEX" or _XML_EN_HEXADECIMAL.match(donnees):
        chiffres = donnees.translate(None, b" \t\r\n")[: limite * 2]
        octets = binascii.unhexlify(chiffres[: len(chiffres) // 2 * 2])
    else:
        octets = donnees.partition(b",")[2] if donnees.lstrip()[:5].lower() == b"data:" else donnees
        for _ in range(2):
            # The directory of an archive is at its end.
            maximum = max(ARCHIVE_MAXIMALE, limite) if octets.startswith(_ZIP_EN_BASE64) else limite
            lettres = octets.translate(_BASE64_URL, _HORS_BASE64)[: maximum // 3 * 4]
            lettres = lettres[: len(lettres) - (len(lettres) % 4 == 1)]
            octets = binascii.a2b_base64(lettres + b"=" * (-len(lettres) % 4))
            if not octets.startswith(_XML_EN_BASE64):
                break
    if octets.startswith(b"\x1f\x8b"):
        octets = zlib.decompressobj(31).decompress(octets, limite)
    elif octets.startswith(b"PK\x03\x04"):
        octets = _document_d_une_archive(octets, limite)
    return octets[:limite]


def _document_d_une_archive(octets: bytes, limite: int = ENTETE_CDA_MAXIMAL) -> bytes:
    """The beginning of the first CDA of an archive (« XDM »); nothing when there is none."""
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        for nom in archive.namelist()[:FICHIERS_D_ARCHIVE]:
            if nom.lower().endswith(".xml"):
                with archive.open(nom) as fichier:
                    debut = fichier.read(limite)
                if b"ClinicalDocument" in debut and b"urn:hl7-org:v3" in debut:
                    return debut
    return b""


def documents_entiers(brut: Brut) -> list[bytes]:
    """The documents that the observations of a message carry, whole, in their order; nothing else ever takes them out.

    Args:
        brut: a message that `decouper` gave.

    Returns:
        their bytes; empty ones for those that cannot be decoded.
    """
    if brut.ordinaire or brut.anomalie or not brut.segments[0][3:5].strip():
        return []
    champ, composant, echappement = brut.segments[0][3:4], brut.segments[0][4:5], brut.segments[0][6:7]
    documents = []
    for segment in brut.segments:
        if segment.startswith(b"OBX") and (extrait := _extraire_corps(segment, champ, composant)):
            octets = b""
            with suppress(*_ERREURS_DE_LECTURE):
                octets = _octets(_donnees(extrait[1], extrait[2], echappement), extrait[2], MESSAGE_MAXIMAL)
            documents.append(octets)
    return documents


def document_d_un_fichier(octets: bytes) -> bytes:
    """The document of a file that holds it as it is, in base64, or in an archive (XDM); empty bytes without any.

    Args:
        octets: the file.
    """
    with suppress(*_ERREURS_DE_LECTURE):
        if octets.startswith(b"PK\x03\x04"):
            return _document_d_une_archive(octets, MESSAGE_MAXIMAL)
        debut = octets[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
        est_du_xml = debut.startswith(b"<") or octets[:2] in (b"\xff\xfe", b"\xfe\xff")
        return octets if est_du_xml else _octets(octets, b"BASE64", MESSAGE_MAXIMAL)
    return b""


_BASE64_URL = bytes.maketrans(b"-_", b"+/")
_HORS_BASE64 = bytes(code for code in range(256) if not re.fullmatch(rb"[A-Za-z0-9+/_-]", bytes([code])))
_ZIP_EN_BASE64 = b"UEsDB"
_XML_EN_BASE64 = (b"PD94bWw", b"PENsaW5p", b"77u/PD94", b"77u/PENs", b"H4sI", _ZIP_EN_BASE64)
_XML_EN_HEXADECIMAL = re.compile(rb"\s*(?:EFBBBF)?3C(?:[0-9A-F]{2}){3}", re.IGNORECASE)
_AUTRES_FORMES = (
    b"%PDF", b"{\\rtf", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"\xd0\xcf\x11\xe0",
)  # fmt: skip
"""How the other forms of a document begin: PDF, RTF, images, office documents."""
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


def _texte_xml(octets: bytes) -> bytes:
    """A document in UTF-8 whatever it declares: what is not UTF-8 is CP1252, byte by byte; no declaration, no control."""
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        texte = octets.decode("utf-16", errors="replace")
    elif b"\x00" in octets[:4]:
        texte = octets.decode("utf-16-be" if octets[0] == 0 else "utf-16-le", errors="replace")
    else:
        texte = octets.decode("utf-8", errors="surrogateescape")
        texte = _OCTET_ISOLE.sub(lambda m: bytes([ord(m[0]) - 0xDC00]).decode("cp1252", errors="replace"), texte)
    return _DECLARATION.sub("", texte.lstrip("\ufeff").translate(_CONTROLES_XML), count=1).strip().encode("utf-8", "replace")


_CONTROLES_XML = {code: " " for code in (*range(0x20), 0xFFFE, 0xFFFF)}
_OCTET_ISOLE = re.compile("[\udc80-\udcff]")


def lire_entete(
    donnees: bytes, numero: int = 1, groupe: int = 0, codage: bytes = b"BASE64", echappement: bytes = b"\\"
) -> EnteteCda:
    """Read the header of a CDA R2 document, up to the first element of its body.

    A document that is not what it declares is read again with indulgence: its level is known when its body begins.

    Args:
        donnees: the document as OBX-5.5 carries it.
        numero: rank of the document in its message, from 1.
        groupe: number of OBR segments before it.
        codage: OBX-5.4 in capitals: BASE64, HEX, A; anything else is taken for base64.
        echappement: escape character of the message.

    Returns:
        The header as text; nothing in the document can make this raise.
    """
    vide = EnteteCda(
        numero=numero, groupe=groupe, etat="ILLISIBLE", document_id=None, set_id=None, version=None, type_code=None,
        date_creation=None, niveau=None, parents=[], patients=[], destinataires=[], modalites=[],
    )  # fmt: skip
    donnees = _donnees(donnees, codage, echappement)
    if codage not in (b"A", b"HEX"):
        with suppress(binascii.Error, etree.LxmlError, ValueError):
            if entete := _analyser(_tranches(donnees), vide):
                return entete
    with suppress(*_ERREURS_DE_LECTURE):
        octets = _octets(donnees, codage)
        if _est_d_une_autre_forme(octets):
            return vide | {"etat": "NON_CDA"}
        return _recuperer(_texte_xml(octets), vide) or vide
    return vide


_ERREURS_DE_LECTURE = (
    binascii.Error, zlib.error, etree.LxmlError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError,
)  # fmt: skip
"""What damaged, encrypted or exotic data raise."""


def _est_d_une_autre_forme(octets: bytes) -> bool:
    """Tell a document that is no CDA, and sound, from the bytes that nothing tells: a known form, or a text."""
    if octets.startswith(_AUTRES_FORMES):
        return True
    debut = octets[:TEXTE_MAXIMAL]
    sans_controle, ascii_seul = debut.translate(None, _CONTROLES_DE_TEXTE), debut.translate(None, _HORS_ASCII)
    return bool(debut.strip()) and b"<" not in debut and sans_controle == debut and 3 * len(ascii_seul) > 2 * len(debut)


_CONTROLES_DE_TEXTE = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n\r\f")
_HORS_ASCII = bytes(range(0x80, 0x100))


def _analyser(tranches: Iterator[bytes], vide: EnteteCda) -> EnteteCda | None:
    """Read the header of a document, piece after piece.

    Returns:
        the header; None when the bytes claim to be a document whose body does not begin, or hold it in another form.

    Raises:
        etree.LxmlError, binascii.Error: the bytes are not what they claim.
    """
    analyseur = etree.XMLPullParser(events=("start",), **_SANS_RESEAU)
    document: Any = None
    for rang, tranche in enumerate(tranches):
        if rang == 0:
            debut = tranche.lstrip(b"\xef\xbb\xbf \t\r\n")
            if not debut.startswith(b"<") or _a_une_dtd(debut):
                return None
        analyseur.feed(tranche)
        for _, element in analyseur.read_events():
            if document is None:
                if element.getroottree().docinfo.doctype:
                    return None
                if element.tag == f"{CDA}ClinicalDocument":
                    document = element
                elif element.tag.endswith("ClinicalDocument"):
                    return None
                elif element.getparent() is None and element.tag not in FEUILLES_DE_STYLE:
                    return vide | {"etat": "NON_CDA"}
                continue
            parent = element.getparent()
            if parent is not None and parent.tag == f"{CDA}component" and parent.getparent() is document:
                return _entete(document, element, vide)
    return None


def _recuperer(texte: bytes, vide: EnteteCda) -> EnteteCda | None:
    """Read the header of a document whatever its errors of syntax; None when there is none, or no body."""
    if _a_une_dtd(texte):
        return None
    racine: Any = etree.fromstring(texte, etree.XMLParser(recover=True, **_SANS_RESEAU))
    document = None if racine is None else next(racine.iter(f"{CDA}ClinicalDocument"), None)
    element = None if document is None else document.find(f"{CDA}component/*")
    return None if element is None else _entete(document, element, vide)


_SANS_RESEAU: dict[str, Any] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False, "remove_comments": True,
    "remove_pis": True,
}  # fmt: skip
_RACINE = re.compile(rb"<[A-Za-z_]")


def _a_une_dtd(texte: bytes) -> bool:
    """No document of the framework has a DTD; entities and external files come with one."""
    racine = _RACINE.search(texte)
    return b"<!DOCTYPE" in texte[: racine.start() if racine else None]


def _entete(document: Any, element: Any, vide: EnteteCda) -> EnteteCda:
    niveaux = {f"{CDA}nonXMLBody": "N1", f"{CDA}structuredBody": "N3"}
    return vide | _releve(document) | {"etat": "CDA", "niveau": niveaux.get(element.tag)}


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


class Message(NamedTuple):
    """A message as text."""

    anomalie: str | None
    """The reason why it cannot be read, if any."""
    empreinte: str
    """Digest of its segments."""
    segments: list[str]
    documents: dict[int, EnteteCda]
    """What the documents taken out of its observations say, by the rank (from 0) of the OBX segment."""


def lire(brut: Brut) -> Message:
    """Give one message as text, its documents taken out and their headers read."""
    segments, anomalie = brut.segments, brut.anomalie
    documents: dict[int, EnteteCda] = {}
    empreinte = hashlib.blake2b(b"\r".join(segments), digest_size=16).hexdigest()
    textes: list[str] = []
    if brut.ordinaire:
        textes = _texte(b"\n".join(segments), jeu_de_caracteres(segments[0])).split("\n")
    elif anomalie is None:
        champ, composant, echappement = segments[0][3:4], segments[0][4:5], segments[0][6:7]
        codec = jeu_de_caracteres(segments[0]) if champ else "utf-8"
        groupe = observation = 0
        for segment in segments:
            groupe += segment.startswith(b"OBR")
            if segment.startswith(b"OBX"):
                if champ and composant and (extrait := _extraire_corps(segment, champ, composant)):
                    segment, donnees, codage = extrait
                    documents[observation] = lire_entete(donnees, len(documents) + 1, groupe, codage, echappement)
                observation += 1
            if len(segment) > SEGMENT_MAXIMAL:
                anomalie, textes, documents = "MESSAGE_TROP_LONG", [], {}
                break
            textes.append(_texte(segment, codec))
    elif segments and segments[0].startswith(b"MSH"):
        textes = [_texte(segments[0][:TEXTE_MAXIMAL], "utf-8")]
    return Message(anomalie, empreinte, textes, documents)
