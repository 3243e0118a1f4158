"""What SQL cannot see of a file before it reads it: encoding, delimiter, header, oddities of its bytes.

A file that DuckDB cannot read as plain lines (CP1252, line breaks inside quotes, lone carriage returns) is given a normalised copy in a private
folder that disappears with the process.
"""

from __future__ import annotations

import atexit
import codecs
import errno
import hashlib
import os
import re
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypedDict

import duckdb
import numpy as np
import pyarrow
import pyarrow.parquet

from socle.entrepot import connecter
from socle.lecture import archives, classeurs, hl7
from socle.parametres import raison
from socle.sorties import a_cote

TAILLE_BLOC = 96 << 10
"""Bytes looked at together: few enough to stay in the processor's cache, and for their copies to be reused memory."""
LIGNE_MAXIMALE = 1_900_000
"""Bytes of the longest line that DuckDB's reader takes with its default buffer."""
LIGNES_PAR_VALEUR = 1_000
"""A quoted value may hold that many line breaks; beyond, its opening quote is a stray one."""

DELIMITEURS = ";,\t|"
BLANCS = " \t\u00a0\u202f\u200b\ufeff"
"""What is dropped around a value."""
BLANCS_RARES = ("\u00a0".encode(), "\u202f".encode(), "\u200b".encode(), "\ufeff".encode())
CREUX = f' \t\r"{DELIMITEURS}'.encode()
"""What a line that comes before the header may hold."""
MOTS_VIDES = (b"null", b"\\n", b"n/a", b"na", b"nan", b"none")
"""What « nothing » is when it is written out, or the beginning of it."""
LF, CR, ESPACE = b"\n\r "

_DATE_FRANCAISE = re.compile(rb"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}")
_SEPARATEUR_D_EXCEL = re.compile(rf'[{BLANCS}]*"?sep=(.)"?[{BLANCS}]*', re.IGNORECASE)
_TIRETS = re.compile(rf"(?:[+{DELIMITEURS}{BLANCS}\"]*[-=_]){{2,}}[+{DELIMITEURS}{BLANCS}\"]*")
_PIED = re.compile(
    r"\(?\s*(?:\d[\d\s\u00a0\u202f]*|no|aucun|aucune)\s*(?:"
    r"(?:rows?|records?)(?:\(s\))?(?:\s+(?:affected|selected|returned|in set.*))?"
    r"|(?:lignes?|enregistrements?)(?:\(s\))?"
    r"(?:\s+(?:s[ée]lectionn[ée]e?|affect[ée]e?|renvoy[ée]e?|trait[ée]e?)(?:s|\(s\))?)?"
    r")\s*\)?\s*\.?",
    re.IGNORECASE,
)
_MOTS_DE_PIED = (b"lectionn", b" row", b" record", b" ligne", b" enregistrement")
_INITIALES_DE_PIED = np.isin(np.arange(256), list(b"rles"))
_PIED_EN_OCTETS = re.compile(
    rb"\n[ \t\"]*\(?\s*(?:\d[\d\s]*|no|aucune?)\s*(?:rows?|records?|lignes?|enregistrements?)\b", re.IGNORECASE
)
_ORNEMENTS = rb"(?:[ \t\"'=]|\xc2\xa0|\xe2\x80[\xaf\x8b]|\xef\xbb\xbf)*"
"""What may stand before a name of the header, or after, in UTF-8."""
_ORNES = np.isin(np.arange(256), list(b" \t\"'=\xc2\xe2\xef"))
"""First bytes of these."""
_A_PART = np.isin(np.arange(256), list(b"-_+("))
"""First bytes of dashes and of a count in brackets."""
_TOTAL = re.compile(r"total(?:\s+g[ée]n[ée]ral)?\s*:?\s*\d*", re.IGNORECASE)


def _octet_cp1252(erreur: UnicodeError) -> tuple[str, int]:
    assert isinstance(erreur, UnicodeDecodeError)
    octets = erreur.object[erreur.start : erreur.end]
    return octets.decode("cp1252", errors="replace"), erreur.end


codecs.register_error("socle_cp1252", _octet_cp1252)


class Lecture(TypedDict):
    """How the lines of a text file are to be cut, as its bytes tell it: what is absent need not be looked for.

    ``nb_physiques`` counts every line, blank or not; ``barres``: something looks like JJ/MM/AAAA; ``guillemets``: there
    is a double quote; ``blancs``: a value may begin or end with a blank, a line may hold blanks only; ``marques``: a value
    may be a word for nothing, or begin with what a spreadsheet adds; ``exposants``: a value may be a number in scientific
    notation; ``final``: every line but the header ends with a delimiter; ``crlf``: lines end with CR LF; ``copie``: the
    file is read from a copy: « EXTRAITE » (decompressed), « TRANSCRITE » (in UTF-8, too) or « NORMALISEE » (one line a row,
    too).
    """

    nb_physiques: int
    barres: bool
    guillemets: bool
    blancs: bool
    marques: bool
    exposants: bool
    final: bool
    crlf: bool
    copie: str | None


def lecture_brute(**champs: Any) -> Lecture:
    """A `Lecture` of nothing in particular, but for the given fields."""
    vide = Lecture(
        nb_physiques=0, barres=False, guillemets=False, blancs=False, marques=False, exposants=False, final=False,
        crlf=False, copie=None,
    )  # fmt: skip
    return vide | champs  # type: ignore[return-value]


class Inspection(TypedDict):
    """One file as the reading macros need it.

    ``format`` is « csv », « parquet », or None for lines that no delimiter cuts and for messages;
    ``nb_lignes`` counts the lines that are rows, header included (rows of a Parquet file, messages of an HL7 one);
    ``nb_ignorees`` those of a table that are none: blank, header repeated, dashes, footers;
    ``nb_octets_illisibles``: bytes read as CP1252 one by one in a file that is UTF-8 otherwise;
    ``modifie_le`` is in seconds since 1970; ``empreinte`` is the SHA-256 of the bytes; ``lecture`` is None for Parquet; ``erreur`` is a French reason when the file cannot be read at all.
    """

    encodage: str | None
    format: str | None
    delimiteur: str | None
    colonnes: list[str]
    types: list[str]
    nb_lignes: int
    nb_ignorees: int
    nb_octets_illisibles: int
    chemin_lecture: str
    taille: int
    modifie_le: float
    empreinte: str
    lecture: Lecture | None
    erreur: str | None


def illisible(chemin: str, erreur: str | None) -> Inspection:
    """What is told of a file that was not opened, and why it is not to be."""
    return Inspection(
        encodage=None, format=None, delimiteur=None, colonnes=[], types=[], nb_lignes=0, nb_ignorees=0,
        nb_octets_illisibles=0, chemin_lecture=chemin, taille=0, modifie_le=0.0, empreinte="", lecture=None, erreur=erreur,
    )  # fmt: skip


def inspecter(chemin: str, delimite: bool = True) -> Inspection:
    """Read a file's bytes once and tell how its rows must be read.

    Args:
        chemin: path of a delimited, fixed-width, HL7 or Parquet file, compressed or not.
        delimite: the file is a table: a quoted value may span lines; elsewhere a quote is a character like any other.

    Returns:
        The inspection; an unreadable file gives one whose ``erreur`` is filled, never an exception.
    """
    vide = illisible(chemin, None)
    try:
        fichier, membre = archives.situer(chemin)
        etat = os.stat(fichier)
        vide["taille"], vide["modifie_le"] = etat.st_size, etat.st_mtime
        extrait = membre or archives.est_archive(chemin) or (delimite and classeurs.est_classeur(chemin))
        vide["empreinte"] = empreinte_du_contenu(chemin) if extrait else ""
        source, nom = _source(vide, delimite), _nom_interne(chemin)
        if delimite and (nom.endswith(".parquet") or (not nom.endswith(".csv") and _est_parquet(source))):
            resultat = _inspecter_parquet(source, vide | {"format": "parquet"})
        elif nom.endswith((".hl7", ".er7")):
            resultat = vide | {"nb_lignes": hl7.compter(str(source)), "lecture": lecture_brute()}
            resultat["empreinte"] = vide["empreinte"] or empreinte_de(chemin)
        else:
            resultat = _inspecter_texte(source, delimite, vide | {"format": "csv" if delimite else None})
        if source != chemin:
            lu = resultat["lecture"] or lecture_brute()
            resultat["lecture"] = lu | {"copie": lu["copie"] or "EXTRAITE"}
        if resultat["lecture"] and resultat["lecture"]["copie"]:
            resultat["chemin_lecture"] = str(chemin_de_la_copie(resultat, delimite))
        return resultat
    except archives.ArchiveIllisible as erreur:
        return vide | {"erreur": f"illisible ({erreur})"}
    except OSError as erreur:
        if erreur.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        return vide | {"erreur": f"illisible ({raison(erreur)})"}


def _nom_interne(chemin: str) -> str:
    """Name of a file, in lower case, without the suffix of its compression."""
    nom = os.path.basename(chemin).lower()
    return os.path.splitext(nom)[0] if archives.est_archive(nom) else nom


def _est_parquet(chemin: str) -> bool:
    with open(chemin, "rb") as octets:
        return octets.read(4) == b"PAR1"


def _source(inspection: Inspection, delimite: bool) -> str:
    """Path of the bytes to read: the file, or what it holds when it is compressed or a workbook, taken out if it was not yet."""
    chemin, membre = archives.situer(inspection["chemin_lecture"])
    classeur = delimite and classeurs.est_classeur(chemin)
    if membre is None and not archives.est_archive(chemin) and not classeur:
        return chemin
    source = dossier_prive() / f"{inspection['empreinte']}.extrait"
    if not source.exists():
        with a_cote(source, durable=False) as provisoire:
            (classeurs.extraire if classeur else archives.extraire)(chemin, provisoire, membre)
    return str(source)


def empreinte_du_contenu(chemin: str) -> str:
    """SHA-256 of a file; that of its archive and its name for a member."""
    fichier, membre = archives.situer(chemin)
    empreinte = empreinte_de(fichier)
    return empreinte if membre is None else hashlib.sha256(f"{empreinte}/{membre}".encode()).hexdigest()


def empreinte_de(chemin: str | Path) -> str:
    """SHA-256 of a file, as ``sha256sum`` writes it."""
    with open(chemin, "rb") as octets:
        return hashlib.file_digest(octets, "sha256").hexdigest()


def _inspecter_parquet(chemin: str, resultat: Inspection) -> Inspection:
    """Names and types as DuckDB gives them; every page is decoded, for none may stop the build."""
    try:
        with connecter(threads=1, memory_limit="1GB") as moteur:
            fichier = "read_parquet($1)"
            litteral = [re.sub(r"([\[*?])", r"[\1]", chemin)]
            colonnes = moteur.execute(f"describe select * from {fichier}", litteral).fetchall()
            resultat["colonnes"], resultat["types"] = [c[0].lower() for c in colonnes], [c[1].lower() for c in colonnes]
            lues = ", ".join(f'count("{c[0].replace(chr(34), chr(34) * 2)}" is distinct from null)' for c in colonnes)
            resultat["nb_lignes"] = moteur.execute(f"select count(*), {lues} from {fichier}", litteral).fetchall()[0][0]
            if pyarrow.parquet.read_schema(chemin).names != [c[0] for c in colonnes]:
                # DuckDB renames the second of two columns of one name.
                resultat["colonnes"] = [nom.lower() for nom in pyarrow.parquet.read_schema(chemin).names]
    except (duckdb.Error, pyarrow.ArrowException, OSError):
        return resultat | {"erreur": "illisible (fichier Parquet abîmé)"}
    resultat["empreinte"] = resultat["empreinte"] or empreinte_de(chemin)
    return resultat


class _Lignes:
    """What the lines of a file turn out to be, whole lines after whole lines."""

    def __init__(self, delimite: bool, entete: bytes = b"") -> None:
        self.delimite = delimite
        self.ordinaires = True
        self.nb_lignes = self.sauts = self.retours = self.paires = self.finales = 0
        self.barres = self.guillemets = self.blancs = self.marques = self.exposants = False
        self.debut_d_entete = b""
        self.entete_repete: re.Pattern[bytes] | None = None
        self.delimiteur = ord(";")
        self.final: bool | None = None
        if entete:
            self.entete(entete)

    def entete(self, ligne: bytes) -> None:
        """Take the first line for the header: it says the delimiter and how a repeated one begins."""
        texte = ligne.decode("utf-8-sig", errors="replace")
        delimiteur = _delimiteur(texte)
        noms = _noms(texte, delimiteur)
        self.delimiteur = ord(delimiteur)
        self.nb_delimiteurs = max(0, len(noms) - 1)
        self.debut_d_entete = noms[0].encode() if noms else b""
        debut = re.escape(self.debut_d_entete) + _ORNEMENTS + rb"(?:[\r\n]|\Z|" + re.escape(delimiteur.encode()) + rb")"
        self.entete_repete = re.compile(
            rb"\n[ \t\"]*==|\n" + _ORNEMENTS + rb"(?:[-_+(]" + (rb"|" + debut if self.debut_d_entete else b"") + rb")",
            re.IGNORECASE,
        )

    def voir(self, lignes: bytes) -> None:
        """Look at whole lines, each with its line feed (but the last of a file)."""
        octets = np.frombuffer(lignes, np.uint8)
        fins = octets == LF
        sauts = int(np.count_nonzero(fins))
        premiers = self.sauts == 0
        self.sauts += sauts
        bords, espaces = fins, octets == ESPACE
        if b"\r" in lignes:
            self.retours += lignes.count(b"\r")
            self.paires += lignes.count(b"\r\n")
            bords = fins | (octets == CR)
        vides = bool(bords[0] or espaces[0] or (fins[:-1] & (bords | espaces)[1:]).any())
        if vides:
            self.nb_lignes += sum(1 for ligne in lignes.split(b"\n") if ligne.strip(b" \r"))
        else:
            self.nb_lignes += sauts + (not fins[-1])
        if not self.delimite:
            return
        bords = bords | (octets == self.delimiteur)
        ascii = lignes.isascii()
        if not self.blancs:
            self.blancs = (
                vides
                or bool((espaces[:-1] & bords[1:]).any() or (bords[:-1] & espaces[1:]).any())
                or (self.delimiteur != 9 and b"\t" in lignes)
                or (not ascii and any(lignes.find(blanc, 3 * premiers) >= 0 for blanc in BLANCS_RARES))
            )
        if not self.barres and b"/" in lignes:
            self.barres = _DATE_FRANCAISE.search(lignes) is not None
        if b'"' in lignes:
            self.guillemets = True
            self.ordinaires = self.ordinaires and not any(ligne.count(b'"') & 1 for ligne in lignes.split(b"\n"))
        if not self.marques:
            self.marques = self._marques(lignes, octets, bords)
        if not self.exposants and (b"+" in lignes or b"." in lignes or b"," in lignes):
            chiffres = (octets - np.uint8(48)) < 10
            suites = chiffres[2:] | (octets[2:] == 43) | (octets[2:] == 45)
            self.exposants = bool((((octets[1:-1] | 32) == 101) & chiffres[:-2] & suites).any())
        if self.final is None or self.final:
            self._final(lignes, premiers)
        # A line that is no row has its place in the normalised copy, empty.
        if self.ordinaires and self._lignes_a_part(lignes, octets, fins, espaces, premiers):
            self.ordinaires = False
        if premiers and _SEPARATEUR_D_EXCEL.match(lignes[:12].decode("utf-8-sig", errors="replace")):
            self.ordinaires = False

    def _lignes_a_part(self, lignes: bytes, octets: np.ndarray, fins: np.ndarray, espaces: np.ndarray, premiers: bool) -> bool:
        """True when a line begins as the header, a line of dashes or a count of rows may."""
        places = np.flatnonzero(fins[:-1]) + 1
        if not premiers:
            places = np.append(0, places)
        debuts = octets[places]
        if bool(_A_PART[debuts].any()):
            return True
        suspectes = bool(_ORNES[debuts].any())
        if not suspectes and self.debut_d_entete:
            places = places[places < len(octets) - len(self.debut_d_entete)]
            for rang, octet in enumerate(self.debut_d_entete):
                places = places[(octets[places + rang] | 32) == octet | 32]
            suspectes = bool(len(places))
        # Most of the blanks of a file are within its instants: what follows them costs less than a search for words.
        apres = octets[1:][espaces[:-1]]
        pieds = (not lignes.isascii() or bool(_INITIALES_DE_PIED[apres].any())) and any(mot in lignes for mot in _MOTS_DE_PIED)
        if not suspectes and not pieds:
            return False
        suite = lignes if premiers else b"\n" + lignes
        assert self.entete_repete
        return bool(suspectes and self.entete_repete.search(suite)) or bool(pieds and _PIED_EN_OCTETS.search(suite))

    def _marques(self, lignes: bytes, octets: np.ndarray, bords: np.ndarray) -> bool:
        if b'"' in lignes and b'="' in lignes:
            return True
        if self.blancs or self.guillemets:
            bas = lignes.lower()
            return b"'" in lignes or any(mot in bas for mot in MOTS_VIDES)
        # Lines are whole: the first byte begins one.
        debuts = np.append(True, bords[:-1])
        for signe in b"'\\(<#":
            if signe in lignes and bool((debuts & (octets == signe)).any()):
                return True
        places = np.flatnonzero(debuts & ((octets | 32) == 110))
        places = places[places < len(octets) - 3]
        deuxieme, troisieme = octets[places + 1] | 32, octets[places + 2] | 32
        return bool(
            (
                (deuxieme == 97) | (deuxieme == 47) | ((deuxieme == 117) & (troisieme == 108))
                | ((deuxieme == 111) & (troisieme == 110) & ((octets[places + 3] | 32) == 101))
            ).any()
        )  # fmt: skip

    def _final(self, lignes: bytes, premiers: bool) -> None:
        """Count the lines that end with a delimiter, if the first of them has one more than the header."""
        fin = bytes([self.delimiteur])
        if self.final is None:
            debut = lignes.split(b"\n", 2)
            if len(debut) < 2 or not debut[1].strip():
                return
            premiere = debut[1].rstrip(b"\r")
            self.final = premiere.endswith(fin) and premiere.count(fin) == self.nb_delimiteurs + 1
        if self.final:
            self.finales += lignes.count(fin + b"\n") + lignes.count(fin + b"\r\n") + lignes.endswith(fin)

    @property
    def a_un_delimiteur_final(self) -> bool:
        """True when every row of the file ends with a delimiter that its header has not."""
        return bool(self.final) and self.finales == self.nb_lignes - 1


def _inspecter_texte(chemin: str, delimite: bool, resultat: Inspection) -> Inspection:
    condense, decodeur = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    lignes, utf8, utf16, entete, reste = _Lignes(delimite), True, False, b"", b""
    with open(chemin, "rb", buffering=0) as fichier:
        while bloc := fichier.read(TAILLE_BLOC):
            if not fichier.tell() > len(bloc):
                utf16 = bloc.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            condense.update(bloc)
            if utf8 and not (bloc.isascii() and not decodeur.getstate()[0]):
                try:
                    decodeur.decode(bloc)
                except UnicodeDecodeError:
                    utf8 = False
            if not lignes.ordinaires:
                continue
            if b"\x00" in bloc or b"\x01" in bloc or b"\x02" in bloc:
                lignes.ordinaires = False
            coupe = bloc.rfind(b"\n") + 1
            if not coupe:
                reste += bloc
                lignes.ordinaires = len(reste) <= LIGNE_MAXIMALE
                continue
            if not entete:
                entete = re.split(rb"[\r\n]", reste + bloc, maxsplit=1)[0]
                lignes.entete(entete)
                lignes.ordinaires = lignes.ordinaires and (bool(entete.strip(CREUX)) or not delimite)
            if len(reste) + bloc.find(b"\n") > LIGNE_MAXIMALE:
                lignes.ordinaires = False
            lignes.voir(reste + bloc[:coupe])
            reste = bloc[coupe:]
    if lignes.ordinaires and reste:
        if not entete:
            entete = re.split(rb"[\r\n]", reste, maxsplit=1)[0]
            lignes.entete(entete)
        lignes.voir(reste)
    if utf8:
        try:
            decodeur.decode(b"", final=True)
        except UnicodeDecodeError:
            utf8 = False
    resultat["empreinte"] = resultat["empreinte"] or condense.hexdigest()
    resultat["encodage"] = "utf-16" if utf16 else "utf-8"
    if not utf8 and not utf16:
        resultat["encodage"], resultat["nb_octets_illisibles"] = _encodage(chemin)
    # DuckDB reads one kind of line end a file, and no lone carriage return.
    crlf = lignes.retours > 0 and lignes.retours == lignes.paires == lignes.sauts
    transcrite = utf8 and not utf16 and (not lignes.retours or crlf)
    if delimite and not transcrite:
        copie_utf8 = dossier_prive() / f"{resultat['empreinte']}.transcrit"
        _transcrire(chemin, copie_utf8, resultat["encodage"])
        encodage, nb_octets = resultat["encodage"], resultat["nb_octets_illisibles"]
        resultat = _inspecter_texte(str(copie_utf8), True, resultat)
        lu = resultat["lecture"] or lecture_brute()
        resultat["lecture"] = lu | {"copie": lu["copie"] or "TRANSCRITE"}
        return resultat | {"encodage": encodage, "nb_octets_illisibles": nb_octets}
    ordinaires = transcrite and lignes.ordinaires and not (delimite and _a_un_pied(chemin))
    copie = None
    if not ordinaires:
        copie, crlf = "NORMALISEE", False
        resultat["lecture"] = lecture_brute(copie=copie)
        chemin_copie = chemin_de_la_copie(resultat, delimite)
        resultat["nb_lignes"], resultat["nb_ignorees"] = _normaliser(chemin, chemin_copie, resultat["encodage"], delimite)
        lignes, entete, reste = _Lignes(delimite), b"", b""
        with open(chemin_copie, "rb") as fichier:
            entete = fichier.readline().rstrip(b"\n")
            lignes.entete(entete)
            fichier.seek(0)
            for paquet in iter(lambda: fichier.readlines(TAILLE_BLOC), []):
                lignes.voir(b"".join(paquet))
    elif delimite:
        resultat["nb_lignes"] = lignes.nb_lignes
        resultat["nb_ignorees"] = lignes.sauts + bool(reste) - lignes.nb_lignes
    else:
        resultat["nb_lignes"] = lignes.nb_lignes
    resultat["delimiteur"] = chr(lignes.delimiteur)
    resultat["colonnes"] = _noms(entete.decode("utf-8-sig", errors="replace"), resultat["delimiteur"])
    resultat["lecture"] = lecture_brute(
        nb_physiques=lignes.sauts + (bool(reste) if ordinaires else 0), barres=lignes.barres, guillemets=lignes.guillemets,
        blancs=lignes.blancs or lignes.guillemets, marques=lignes.marques, exposants=lignes.exposants,
        final=lignes.a_un_delimiteur_final, crlf=crlf, copie=copie,
    )  # fmt: skip
    return resultat


def _delimiteur(entete: str) -> str:
    """The delimiter that a header holds most of, quoted names apart."""
    nu = re.sub(r'"[^"]*"', "", entete)
    return max(DELIMITEURS, key=nu.count if any(d in nu for d in DELIMITEURS) else entete.count)


def _noms(entete: str, delimiteur: str) -> list[str]:
    """Names of the columns of a header, bare and in lower case."""
    if not entete.strip(BLANCS + delimiteur):
        return []
    noms = (nom.strip(BLANCS).removeprefix("=").removeprefix("'") for nom in _champs(entete, delimiteur))
    return [nom.strip('"').strip(BLANCS).lower() for nom in noms]


def _champs(ligne: str, delimiteur: str) -> list[str]:
    """Fields of a line, as `decouper` cuts them in SQL."""
    b, d = _blancs(delimiteur), re.escape(delimiteur)
    return re.findall(rf'({b}"(?:[^"]|"")*"{b}|[^{d}]*){d}', ligne + delimiteur)


def _blancs(delimiteur: str) -> str:
    """Expression of the blanks around a quoted value."""
    return f"[{BLANCS.replace(delimiteur, '')}]*"


def _encodage(chemin: str) -> tuple[str, int]:
    """What a file that is not UTF-8 is: UTF-8 with a few stray bytes, which are counted, or CP1252.

    It is UTF-8 when it begins with its mark, or when at least as many of its bytes make UTF-8 as do not: CP1252 makes some by
    accident only.
    """
    sequences = 0
    decodeur = codecs.getincrementaldecoder("utf-8")(errors="ignore")
    with open(chemin, "rb") as fichier:
        marque = fichier.read(3) == codecs.BOM_UTF8
        fichier.seek(0)
        lus = retenus = 0
        while bloc := fichier.read(1 << 20):
            texte = decodeur.decode(bloc)
            lus += len(bloc)
            retenus += len(texte.encode())
            sequences += len(texte) - len(texte.encode("ascii", errors="ignore"))
        illisibles = lus - retenus
    return ("utf-8", illisibles) if marque or sequences >= illisibles else ("cp1252", 0)


def _a_un_pied(chemin: str) -> bool:
    """True when one of the last lines of a UTF-8 file looks like a total or a count of rows."""
    with open(chemin, "rb") as fichier:
        fichier.seek(max(0, fichier.seek(0, os.SEEK_END) - 4096))
        fin = fichier.read().decode("utf-8", errors="replace").splitlines()
    signes = BLANCS + DELIMITEURS + '"'
    return any(_PIED.fullmatch(ligne.strip(signes)) or ligne.strip(signes).lower().startswith("total") for ligne in fin[-20:])


def chemin_de_la_copie(inspection: Inspection, delimite: bool) -> Path:
    """Where the copy of a file is, or is to be, in the private folder.

    Args:
        inspection: of the file, with its ``empreinte`` and ``lecture``.
        delimite: as in `inspecter`.
    """
    genre = (inspection["lecture"] or lecture_brute())["copie"]
    if genre in ("EXTRAITE", "TRANSCRITE"):
        return dossier_prive() / f"{inspection['empreinte']}.{genre[:-1].lower()}"
    return dossier_prive() / f"{inspection['empreinte']}{'.csv' if delimite else '.txt'}"


def copier(inspection: Inspection, delimite: bool) -> Path:
    """Make the copy that a file is read from, if it is not there.

    Args:
        inspection: of the file, whose ``chemin_lecture`` is its own path.
        delimite: as in `inspecter`.

    Returns:
        path of the copy.

    Raises:
        OSError, archives.ArchiveIllisible: the file is no longer what it was.
    """
    copie = chemin_de_la_copie(inspection, delimite)
    if not copie.exists():
        source = _source(inspection, delimite)
        if copie.suffix == ".transcrit":
            _transcrire(source, copie, inspection["encodage"] or "utf-8")
        elif source != str(copie):
            _normaliser(source, copie, inspection["encodage"] or "utf-8", delimite)
    return copie


def _ouvrir(chemin: str, encodage: str) -> TextIO:
    erreurs = "socle_cp1252" if encodage == "utf-8" else "replace"
    return open(chemin, encoding=encodage.replace("utf-8", "utf-8-sig"), errors=erreurs, newline=None)


@contextmanager
def _en_utf_8(chemin: str, copie: Path, encodage: str) -> Iterator[tuple[TextIO, TextIO]]:
    """A file to read, and its copy to write."""
    with (
        a_cote(copie, durable=False) as provisoire,
        _ouvrir(chemin, encodage) as entree,
        open(provisoire, "w", encoding="utf-8", newline="\n") as sortie,
    ):
        yield entree, sortie


def _transcrire(chemin: str, copie: Path, encodage: str) -> None:
    """Write the file in UTF-8, its lines ended by a line feed."""
    with _en_utf_8(chemin, copie, encodage) as (entree, sortie):
        while bloc := entree.read(1 << 20):
            sortie.write(bloc)


def _normaliser(chemin: str, copie: Path, encodage: str, delimite: bool) -> tuple[int, int]:
    """Write the file as UTF-8 lines, the header first; a record that spans lines is joined and followed by as many empty ones.

    Returns:
        lines that are rows or the header; in a table, those that are none.
    """
    rangees = ignorees = 0
    with _en_utf_8(chemin, copie, encodage) as (entree, sortie):
        enregistrements = _tables(entree) if delimite else ((ligne.rstrip("\n"), 1, bool(ligne.strip())) for ligne in entree)
        for enregistrement, nb_lignes, est_ligne in enregistrements:
            propre = enregistrement if est_ligne or not delimite else ""
            for controle in _CONTROLES:
                propre = propre.replace(controle, "\ufffd")
            # An unreadable giant keeps its place as a line with a wrong number of fields.
            sortie.write((propre if len(propre) < LIGNE_MAXIMALE // 4 else "\ufffd") + "\n" * nb_lignes)
            rangees += est_ligne
            ignorees += delimite and not est_ligne
    return rangees, ignorees


_CONTROLES = "\x00\x01\x02"
"""NUL, and what the readers mark values with."""


def _tables(lignes: Iterator[str]) -> Iterator[tuple[str, int, bool]]:
    """Yield each record of a table with the number of lines it spans and whether it is a row; the header comes first."""
    entete, delimiteur = "", None
    for brute in lignes:
        ligne = brute.rstrip("\n")
        excel = _SEPARATEUR_D_EXCEL.fullmatch(ligne)
        if excel and not entete and delimiteur is None:
            delimiteur = excel[1]
        elif ligne.strip(BLANCS + DELIMITEURS + '"'):
            entete = ligne
            break
    if not entete:
        return
    delimiteur = delimiteur or _delimiteur(entete)
    yield entete, 1, True
    noms = _noms(entete, delimiteur) or [""]
    debut = re.compile(rf"[{BLANCS}\"'=]*(?:{re.escape(noms[0])}|total)", re.IGNORECASE)
    creux = BLANCS + delimiteur + '"'
    # « Total » closes a file: what comes last is known only once nothing but blank lines and footers follows it.
    attente: list[tuple[str, int, bool]] = []
    for texte, nb_lignes in _enregistrements(lignes, delimiteur, len(noms) - 1):
        nu = texte.strip(BLANCS)
        seul = nu.rstrip(creux)
        if not nu or (delimiteur not in seul and _PIED.fullmatch(seul.lstrip(creux))):
            if attente:
                attente.append((texte, nb_lignes, False))
            else:
                yield texte, nb_lignes, False
            continue
        if attente:
            yield from attente
            attente = []
        if _TIRETS.fullmatch(nu) or (debut.match(nu) and _noms(nu, delimiteur) == noms):
            yield texte, nb_lignes, False
        elif debut.match(nu) and _TOTAL.fullmatch(nu.split(delimiteur, 1)[0].strip(BLANCS + '"')):
            attente = [(texte, nb_lignes, True)]
        else:
            yield texte, nb_lignes, True
    yield from ((texte, nb_lignes, False) for texte, nb_lignes, _ in attente)


def _enregistrements(lignes: Iterator[str], delimiteur: str, nb_delimiteurs: int) -> Iterator[tuple[str, int]]:
    """Yield each record with the number of lines it spans.

    « A quoted value may span lines. When the lines that it would take each hold as many delimiters as the header, the
    quote is an ordinary character and they are rows. » So it is when the value never ends, or a quote inside it is neither
    doubled nor followed by a delimiter.
    """
    d, b = re.escape(delimiteur), _blancs(delimiteur)
    ouvre = re.compile(rf'(?:^|{d}){b}"(?:[^"]|"")*$')
    suite = re.compile(rf'(?:[^"]|"")*"(?!")(?P<fin>{b}(?:{d}|$))?')
    file = deque(ligne.rstrip("\n") for ligne in islice(lignes, LIGNES_PAR_VALEUR))
    while file:
        ligne = file.popleft()
        nb = 0
        if ligne.count('"') & 1:
            if ouvre.search(_sans_valeurs_closes(ligne, delimiteur)):
                file.extend(suivante.rstrip("\n") for suivante in islice(lignes, LIGNES_PAR_VALEUR - len(file)))
                nb = _lignes_prises(ligne, file, ouvre, suite, delimiteur, nb_delimiteurs)
            if not nb:
                ligne = _guillemets_ordinaires(ligne, delimiteur, nb_delimiteurs)
        if nb:
            yield " ".join([ligne, *(file.popleft() for _ in range(nb))]), nb + 1
        else:
            yield ligne, 1
        if not file:
            file.extend(suivante.rstrip("\n") for suivante in islice(lignes, LIGNES_PAR_VALEUR))


def _sans_valeurs_closes(ligne: str, delimiteur: str) -> str:
    """The line with its whole quoted values made empty: what is left of its quotes opens something or is stray."""
    d, b = re.escape(delimiteur), _blancs(delimiteur)
    return re.sub(rf'(^|{d}){b}"(?:[^"]|"")*"(?!"){b}(?={d}|$)', r"\1", ligne)


def _lignes_prises(
    ligne: str, suivantes: deque[str], ouvre: re.Pattern[str], suite: re.Pattern[str], delimiteur: str, nb: int
) -> int:
    """How many of the next lines the value that a line opens takes, none when its quote is an ordinary character."""
    prises = [ligne]
    for suivante in suivantes:
        prises.append(suivante)
        trouve = suite.match(suivante)
        if not trouve:
            continue
        if trouve["fin"] is None:
            return 0
        reste = suivante[trouve.end() - trouve["fin"].endswith(delimiteur) :]
        if ouvre.search(_sans_valeurs_closes(reste, delimiteur)):
            continue
        pleines = [texte.count(delimiteur) == nb for texte in prises if texte.strip()]
        # A few damaged rows among many do not make a value of them.
        rangees = all(pleines) or (sum(pleines) >= 5 and sum(pleines) * 4 >= len(pleines) * 3)
        return 0 if rangees else len(prises) - 1
    return 0


def _guillemets_ordinaires(ligne: str, delimiteur: str, nb_delimiteurs: int) -> str:
    """The line with its values quoted anew, so that a stray quote is read as a character."""
    if ligne.count(delimiteur) != nb_delimiteurs:
        return ligne
    champs = ligne.split(delimiteur)
    quote, b = '"', _blancs(delimiteur)
    return delimiteur.join(
        champ if re.fullmatch(rf'{b}"(?:[^"]|"")*"(?!"){b}|[^"]*', champ) else f"{quote}{champ.replace(quote, quote * 2)}{quote}"
        for champ in champs
    )


_PREFIXE = ".socle-"
_parent: Path | None = None
_prive: Path | None = None
_creation = threading.Lock()


def changer_de_dossier_prive(parent: Path) -> None:
    """Have the private folder in another one, from which what a killed process left goes."""
    global _parent
    _parent = parent
    for reste in parent.glob(f"{_PREFIXE}*"):
        if reste != _prive:
            shutil.rmtree(reste, ignore_errors=True)


def dossier_prive() -> Path:
    """Folder of what this process alone needs, removed when it ends."""
    global _prive
    with _creation:
        if _prive is None:
            _prive = Path(tempfile.mkdtemp(prefix=_PREFIXE, dir=_parent))
            atexit.register(shutil.rmtree, _prive, ignore_errors=True)
        return _prive
