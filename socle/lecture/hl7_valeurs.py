"""What stands in the fields of an HL7 v2 message: repetitions, components, escape sequences; instants, INS, professionals.

A value that is empty, or « "" » (an explicit absence), is None.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from socle import graines

OID_PROFESSIONNEL = "1.2.250.1.71.4.2.1"
ANNUAIRES = (None, "ASIP-SANTE-PS")
"""Who gives the number of a professional (XCN-9) when it is national; a number that no one is said to give may be."""

BLANCS = "".join(chr(code) for code in range(0x3001) if unicodedata.category(chr(code)) == "Zs")
"""What does not count around a value: the space, the no-break space, those of other widths."""

_INSTANT = re.compile(r"([0-9]{8}(?:[0-9]{2}){0,3})(?:\.[0-9]{1,6})?(?:(Z)|([+-])(0[0-9]|1[0-4])(?::?([0-5][0-9]))?)?")
_DELIMITEURS = re.compile(r"[^A-Za-z0-9\s]{5}", re.ASCII)
_FINESS = re.compile(r"1?([0-9][0-9AB][0-9]{7})")
_RPPS = re.compile(r"8([0-9]{11})")
_INS = re.compile(r"[0-9A-Z]{15}")
_PRECISIONS = {8: timedelta(days=1), 10: timedelta(hours=1), 12: timedelta(minutes=1)}


class Delimiteurs:
    """The delimiters of a message, as MSH-1 and MSH-2 name them, and how a text is cut by them."""

    def __init__(self, champ: str, composant: str, repetition: str, echappement: str, sous_composant: str) -> None:
        """Take the five characters."""
        self.champ, self.composant, self.repetition = champ, composant, repetition
        self.echappement, self.sous_composant = echappement, sous_composant
        e = re.escape(echappement)
        self._sequence = re.compile(f"{e}(?:([FSRETHN])|X((?:[0-9A-Fa-f]{{2}})+)|[.][^{e}]*|[CMZ][0-9A-Za-z]*){e}")
        # Units, professionals and types of message come back all the time.
        self.valeur = lru_cache(maxsize=1 << 14)(self._valeur)
        self._lettres = dict(zip("FSRETHN", (champ, composant, repetition, echappement, sous_composant, "", ""), strict=True))

    def _valeur(self, texte: str, composant: int = 1, sous_composant: int = 1) -> str | None:
        """A component of the first repetition of a field, in its first sub-component or another."""
        if self.repetition in texte:
            texte = texte.partition(self.repetition)[0]
        return self.partie(texte, composant, sous_composant)

    def partie(self, texte: str, composant: int = 1, sous_composant: int = 1) -> str | None:
        """A component of a value that holds no repetition."""
        if composant > 1:
            morceaux = texte.split(self.composant, composant)
            return self.texte(morceaux[composant - 1], sous_composant) if len(morceaux) >= composant else None
        return self.texte(texte.partition(self.composant)[0], sous_composant)

    def texte(self, composant: str, sous_composant: int = 1) -> str | None:
        """A sub-component of a component, decoded."""
        if not composant:
            return None
        if sous_composant > 1 or self.sous_composant in composant:
            morceaux = composant.split(self.sous_composant, sous_composant)
            composant = morceaux[sous_composant - 1] if len(morceaux) >= sous_composant else ""
        if self.echappement in composant:
            composant = self._sequence.sub(self._decoder, composant)
        composant = composant.strip(BLANCS)
        return composant if composant and composant != '""' else None

    def repetitions(self, texte: str) -> list[str]:
        """The repetitions of a field that are not empty."""
        return [repetition for repetition in texte.split(self.repetition) if repetition]

    def _decoder(self, sequence: re.Match[str]) -> str:
        """An escape sequence: a delimiter, bytes (UTF-8, or else ISO-8859-1), nothing, or the blank of a formatting."""
        lettre, hexa = sequence.groups()
        if lettre:
            return self._lettres[lettre]
        if not hexa:
            return " "
        octets = bytes.fromhex(hexa)
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return octets.decode("latin-1")


def delimiteurs(entete: str) -> Delimiteurs | None:
    """The delimiters that a header names.

    Args:
        entete: MSH segment; the encoding characters of MSH-2 may be five (HL7 2.7).

    Returns:
        None unless there are five different characters, none of them a letter, a digit or a blank.
    """
    champ = entete[3:4]
    codage = entete.split(champ, 2)[1] if champ else ""
    return _delimiteurs(champ + codage[:4]) if len(codage) in (4, 5) else None


@lru_cache(maxsize=256)
def _delimiteurs(texte: str) -> Delimiteurs | None:
    return Delimiteurs(*texte) if _DELIMITEURS.fullmatch(texte) and len(set(texte)) == 5 else None


def horloge(texte: str | None) -> datetime | None:
    """AAAAMMJJ[HH[MM[SS[.s]]]][zone] as it is written, without its zone; None when it cannot be read, or its year is absurd."""
    if not texte:
        return None
    chiffres = texte
    if not texte.isdigit():
        lu = _INSTANT.fullmatch(texte)
        chiffres = lu[1] if lu else ""
    if len(chiffres) not in (8, 10, 12, 14) or not "1880" <= chiffres[:4] < "2200":
        return None
    try:
        return datetime.fromisoformat(f"{chiffres[:8]}T{chiffres[8:].ljust(6, '0')}")
    except ValueError:
        return None


def _decalage(texte: str) -> timedelta | None:
    """What the zone of an instant is ahead of UTC, if it has one."""
    lu = _INSTANT.fullmatch(texte)
    if not lu or not (lu[2] or lu[3]):
        return None
    ecart = timedelta(hours=int(lu[4] or 0), minutes=int(lu[5] or 0))
    return -ecart if lu[3] == "-" else ecart


@lru_cache(maxsize=1 << 16)
def instant(texte: str | None, fuseau: str) -> datetime | None:
    """« Instants with a zone become the clock of the establishment »; a day has none."""
    lu = horloge(texte)
    if not texte or not lu or texte.isdigit():
        return lu
    decalage = _decalage(texte)
    if decalage is None or not texte[:10].isdigit():
        return lu
    return (lu - decalage).replace(tzinfo=UTC).astimezone(_zone(fuseau)).replace(tzinfo=None)


@lru_cache(maxsize=1 << 16)
def instant_utc(texte: str | None, fuseau: str) -> datetime | None:
    """The same at UTC, to compare instants of several clocks; without a zone it is the clock of the establishment."""
    lu = horloge(texte)
    if not texte or not lu:
        return None
    decalage = _decalage(texte)
    if decalage is not None:
        return lu - decalage
    # An hour that comes twice is the second one; one that does not come is counted from the hour before.
    for fold in (1, 0):
        utc = lu.replace(tzinfo=_zone(fuseau), fold=fold).astimezone(UTC)
        if utc.astimezone(_zone(fuseau)).replace(tzinfo=None) == lu:
            break
    return utc.replace(tzinfo=None)


def precision(texte: str) -> timedelta:
    """How long an instant may last: a day, an hour, a minute, a second, by the digits that are written."""
    chiffres = re.match("[0-9]*", texte)
    return _PRECISIONS.get(len(chiffres[0]) if chiffres else 0, timedelta(seconds=1))


@cache
def _zone(fuseau: str) -> ZoneInfo:
    return ZoneInfo(fuseau)


class Identifiant(NamedTuple):
    """An identifier of a patient (CX): its number, who gives it (name, OID) and its kind (PI, INS…)."""

    numero: str
    espace: str | None
    oid: str | None
    genre: str | None


@lru_cache(maxsize=1 << 14)
def identifiants(d: Delimiteurs, champ: str) -> tuple[Identifiant, ...]:
    """Those of PID-3 or MRG-1 that have a number; a patient comes back from one message to the next."""
    connus = []
    for repetition in d.repetitions(champ):
        numero, _, _, espace, genre, *_ = [*repetition.split(d.composant, 5), "", "", "", ""]
        if lu := d.texte(numero):
            connus.append(Identifiant(lu, d.texte(espace), d.texte(espace, 2), d.texte(genre)))
    return tuple(connus)


def ipps(connus: Sequence[Identifiant]) -> list[str]:
    """The IPP: what is said to be one, else what is said to be nothing."""
    return [cx.numero for cx in connus if cx.genre == "PI"] or [cx.numero for cx in connus if cx.genre is None]


def ipp(connus: Sequence[Identifiant]) -> str | None:
    """The first of them."""
    return next(iter(ipps(connus)), None)


class Ins(NamedTuple):
    """An INS: matricule, OID of its authority, and whether this one is that of the national test environments."""

    matricule: str
    oid: str
    est_de_test: bool


@lru_cache(maxsize=4096)
def ins(connus: tuple[Identifiant, ...]) -> Ins | None:
    """« CX.5 = INS », 15 characters, an admitted authority: the one test of an INS; a NIR before a NIA, both before a test."""
    candidats = [cx for cx in connus if cx.genre == "INS" and _INS.fullmatch(cx.numero)]
    for oid, espace, est_de_test in _autorites() if candidats else ():
        for cx in candidats:
            if cx.oid == oid or (espace and cx.oid is None and cx.espace == espace):
                return Ins(cx.numero, oid, est_de_test)
    return None


@cache
def _autorites() -> tuple[tuple[str, str, bool], ...]:
    lignes = sorted(graines.lire("oid_ins"), key=lambda ligne: (ligne["domaine"] == "TEST", int(ligne["ordre"])))
    return tuple((ligne["ins_oid"], ligne["espace"], ligne["domaine"] == "TEST") for ligne in lignes)


@lru_cache(maxsize=4096)
def fiabilites(d: Delimiteurs, champ: str) -> frozenset[str | None]:
    """What PID-32 says of the identity, in capitals; None is a repetition without a word."""
    return frozenset((d.partie(repetition) or "").upper() or None for repetition in d.repetitions(champ))


def est_validee(dites: frozenset[str | None]) -> bool:
    """« PID-32 = VALI »: a repetition that says the identity is not validated contradicts it, an attribute does not."""
    return "VALI" in dites and not dites & {"PROV", "VIDE", "INVA"}


def rpps(identifiant: str | None) -> str | None:
    """The RPPS of a national identifier of professional (type 8, then the RPPS)."""
    lu = _RPPS.fullmatch(identifiant) if identifiant else None
    return lu[1] if lu else identifiant


def professionnel(d: Delimiteurs, champ: str) -> str | None:
    """A professional (XCN), by the RPPS alone when it is one: « XCN-13 = RPPS ou IDNPS », else XCN-9 names the directory."""
    xcn = champ.partition(d.repetition)[0]
    numero, annuaire, genre = d.partie(xcn), d.partie(xcn, 9), d.partie(xcn, 13)
    national = d.partie(xcn, 9, 2) == OID_PROFESSIONNEL or (annuaire and annuaire.replace(" ", "")) in ANNUAIRES
    return rpps(numero) if genre in ("IDNPS", "RPPS") or (genre is None and national) else numero


@lru_cache(maxsize=4096)
def finess(d: Delimiteurs, champ: str) -> str | None:
    """« PL-4.1 : FINESS du site »; many write it in PL-4.2, some after the type 1 of a national identifier of structure."""
    ecrits: Iterator[str | None] = (d.valeur(champ, 4, rang) for rang in (1, 2))
    return next((lu[1] for texte in ecrits if texte and (lu := _FINESS.fullmatch(texte))), None)


def identifiant(d: Delimiteurs, champ: str) -> str | None:
    """EI: « root » or « root^extension », as the header of a CDA is read."""
    racine, extension = d.valeur(champ, 3), d.valeur(champ, 1)
    return extension if racine is None else extension and f"{racine}^{extension}"
