"""What SQL cannot see of a file before it reads it: encoding, delimiter, header, oddities of its bytes.

dbt-duckdb loads this module as a plugin (``profiles.yml``); the models call its functions. A file that DuckDB cannot
read as plain lines (CP1252, line breaks inside quotes, lone carriage returns) is given a normalised copy in a private
folder that disappears with the process.
"""

from __future__ import annotations

import atexit
import codecs
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

import duckdb
import numpy as np
import pyarrow
import pyarrow.parquet
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.events.logging import AdapterLogger

from socle import hl7
from socle.extraction import jour_d_extraction as extraire
from socle.parametres import raison

TAILLE_BLOC = 96 << 10
"""Bytes looked at together: few enough to stay in the processor's cache, and for their copies to be reused memory."""
LIGNE_MAXIMALE = 1_900_000
"""Bytes of the longest line that DuckDB's reader takes with its default buffer."""
LIGNES_PAR_VALEUR = 1_000
"""A quoted value may hold that many line breaks; beyond, its opening quote is a stray one."""

CHAMPS = {
    "encodage": "VARCHAR",
    "delimiteur": "VARCHAR",
    "colonnes": "VARCHAR[]",
    "types": "VARCHAR[]",
    "nb_lignes": "BIGINT",
    "nb_ignorees": "BIGINT",
    "nb_octets_illisibles": "BIGINT",
    "chemin_lecture": "VARCHAR",
    "taille": "BIGINT",
    "modifie_le": "DOUBLE",
    "empreinte": "VARCHAR",
    "lecture": "VARCHAR",
    "erreur": "VARCHAR",
}
"""Fields of an inspection, with their DuckDB type."""

LF, CR, ESPACE = b"\n\r "

_DATE_FRANCAISE = re.compile(rb"[0-9]{2}/[0-9]{2}/[0-9]{4}")


class Lecture(TypedDict):
    """How the lines of a text file are to be cut, as its bytes tell it: what is absent need not be looked for.

    ``nb_physiques`` counts every line, blank or not; ``barres``: something looks like JJ/MM/AAAA; ``guillemets``: there
    is a double quote; ``blancs``: a value may begin or end with a blank, a line may hold blanks only; ``crlf``: lines
    end with CR LF; ``copie``: the file is read from a normalised copy.
    """

    nb_physiques: int
    barres: bool
    guillemets: bool
    blancs: bool
    crlf: bool
    copie: bool


class Inspection(TypedDict):
    """One file as the reading macros need it.

    ``nb_lignes`` counts the lines that are not blank, header included (rows of a Parquet file, messages of an
    HL7 one);
    ``modifie_le`` is in seconds since 1970; ``empreinte`` is the SHA-256 of the bytes; ``lecture`` is a `Lecture` as
    JSON; ``erreur`` is a French reason when the file cannot be read at all.
    """

    encodage: str | None
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
    lecture: str | None
    erreur: str | None


def inspecter(chemin: str, delimite: bool = True) -> Inspection:
    """Read a file's bytes once and tell how its rows must be read.

    Args:
        chemin: path of a delimited, fixed-width, HL7 or Parquet file.
        delimite: a quoted value may span lines; elsewhere a quote is a character like any other.

    Returns:
        The inspection; an unreadable file gives one whose ``erreur`` is filled, never an exception.
    """
    vide = Inspection(
        encodage=None, delimiteur=None, colonnes=[], types=[], nb_lignes=0, nb_ignorees=0, nb_octets_illisibles=0, chemin_lecture=chemin, taille=0,
        modifie_le=0.0, empreinte="", lecture=None, erreur=None,
    )  # fmt: skip
    try:
        etat = os.stat(chemin)
        vide["taille"], vide["modifie_le"] = etat.st_size, etat.st_mtime
        if chemin.endswith(".parquet"):
            return _inspecter_parquet(chemin, vide)
        if chemin.endswith((".hl7", ".er7")):
            return _inspecter_hl7(chemin, vide)
        return _inspecter_texte(chemin, delimite, vide)
    except OSError as erreur:
        return vide | {"erreur": f"illisible ({raison(erreur)})"}


def liens(dossier: str) -> list[str]:
    """Symbolic links of a folder, at any depth, that lead to no file.

    Args:
        dossier: path of the folder; a link to a folder is not entered, for it may lead to where it stands.

    Returns:
        their paths, each beginning with ``dossier``.
    """
    chemins = (os.path.join(racine, nom) for racine, dossiers, fichiers in os.walk(dossier) for nom in dossiers + fichiers)
    return sorted(chemin for chemin in chemins if os.path.islink(chemin) and not os.path.isfile(chemin))


@cache
def jour_d_extraction(dossier: str) -> str:
    """Day of extraction of a landing zone, told once in dbt's log.

    Args:
        dossier: path of the landing zone.

    Returns:
        the day, as AAAA-MM-JJ.
    """
    extraction = extraire(Path(dossier))
    AdapterLogger("socle").info(str(extraction))
    return extraction.jour.isoformat()


def empreinte_de(chemin: str | Path) -> str:
    """SHA-256 of a file, as ``sha256sum`` writes it."""
    with open(chemin, "rb") as octets:
        return hashlib.file_digest(octets, "sha256").hexdigest()


def _inspecter_parquet(chemin: str, resultat: Inspection) -> Inspection:
    try:
        with pyarrow.parquet.ParquetFile(chemin) as fichier:
            schema = fichier.schema_arrow
            resultat["colonnes"], resultat["types"] = schema.names, [str(t) for t in schema.types]
            resultat["nb_lignes"] = fichier.metadata.num_rows
    except (pyarrow.ArrowException, OSError) as erreur:
        return resultat | {"erreur": f"Parquet illisible ({str(erreur).splitlines()[0]})"}
    resultat["empreinte"] = empreinte_de(chemin)
    return resultat


def _inspecter_hl7(chemin: str, resultat: Inspection) -> Inspection:
    resultat["nb_lignes"] = hl7.compter(chemin)
    resultat["empreinte"] = empreinte_de(chemin)
    return resultat


class _Lignes:
    """What the lines of a file turn out to be, whole lines after whole lines."""

    def __init__(self, delimite: bool) -> None:
        self.delimite = delimite
        self.delimiteur = ord(";")
        self.nb_lignes = self.sauts = self.retours = self.paires = 0
        self.ordinaires = True
        self.barres = self.guillemets = self.blancs = False

    def voir(self, lignes: bytes) -> None:
        """Look at whole lines, each with its line feed (but the last of a file)."""
        octets = np.frombuffer(lignes, np.uint8)
        fins = octets == LF
        sauts = int(np.count_nonzero(fins))
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
        if not self.blancs:
            bords = bords | (octets == self.delimiteur)
            self.blancs = vides or bool((espaces[:-1] & bords[1:]).any() or (bords[:-1] & espaces[1:]).any())
        if not self.barres and b"/" in lignes:
            self.barres = _DATE_FRANCAISE.search(lignes) is not None
        if b'"' in lignes:
            self.guillemets = True
            self.ordinaires = self.ordinaires and not any(ligne.count(b'"') & 1 for ligne in lignes.split(b"\n"))


def _inspecter_texte(chemin: str, delimite: bool, resultat: Inspection) -> Inspection:
    condense, decodeur = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    lignes, utf8, entete, reste = _Lignes(delimite), True, b"", b""
    with open(chemin, "rb", buffering=0) as fichier:
        while bloc := fichier.read(TAILLE_BLOC):
            condense.update(bloc)
            if utf8 and not (bloc.isascii() and not decodeur.getstate()[0]):
                try:
                    decodeur.decode(bloc)
                except UnicodeDecodeError:
                    utf8 = False
            if not lignes.ordinaires:
                continue
            if b"\x00" in bloc or b"\x01" in bloc:
                lignes.ordinaires = False
            coupe = bloc.rfind(b"\n") + 1
            if not coupe:
                reste += bloc
                lignes.ordinaires = len(reste) <= LIGNE_MAXIMALE
                continue
            if not entete:
                entete = re.split(rb"[\r\n]", reste + bloc, maxsplit=1)[0]
                lignes.delimiteur = max(b";,\t", key=entete.count)
            if len(reste) + bloc.find(b"\n") > LIGNE_MAXIMALE:
                lignes.ordinaires = False
            lignes.voir(reste + bloc[:coupe])
            reste = bloc[coupe:]
    if lignes.ordinaires and reste:
        lignes.voir(reste)
    if not entete:
        entete = re.split(rb"[\r\n]", reste[:LIGNE_MAXIMALE], maxsplit=1)[0]
    if utf8:
        try:
            decodeur.decode(b"", final=True)
        except UnicodeDecodeError:
            utf8 = False
    resultat["empreinte"] = condense.hexdigest()
    resultat["encodage"] = "utf-8" if utf8 else "cp1252"
    premiere = entete.decode("utf-8-sig" if utf8 else "cp1252", errors="replace")
    resultat["delimiteur"] = max(";,\t", key=premiere.count)
    noms = premiere.split(resultat["delimiteur"])
    resultat["colonnes"] = [nom.strip().strip('"').strip().lower() for nom in noms] if premiere.strip() else []
    resultat["nb_lignes"] = lignes.nb_lignes
    # DuckDB reads one kind of line end a file, and no lone carriage return.
    crlf = lignes.retours > 0 and lignes.retours == lignes.paires == lignes.sauts
    lecture = Lecture(
        nb_physiques=lignes.sauts + bool(reste), barres=lignes.barres, guillemets=lignes.guillemets,
        blancs=lignes.blancs or lignes.guillemets, crlf=crlf, copie=False,
    )  # fmt: skip
    if not utf8 or not lignes.ordinaires or (lignes.retours and not crlf):
        lecture |= {"copie": True, "crlf": False}
        resultat["nb_lignes"], lecture["nb_physiques"] = copier(resultat, delimite)
    resultat["lecture"] = json.dumps(lecture)
    return resultat


def copier(inspection: Inspection, delimite: bool) -> tuple[int, int]:
    """Write the normalised copy of a file and have it read instead.

    Args:
        inspection: of the file; its ``chemin_lecture`` becomes that of the copy.
        delimite: as in `inspecter`.

    Returns:
        lines of the copy that are not blank, all its lines.
    """
    copie = dossier_prive() / f"{inspection['empreinte']}{'.csv' if delimite else '.txt'}"
    chemin, inspection["chemin_lecture"] = inspection["chemin_lecture"], str(copie)
    return _normaliser(chemin, copie, inspection["encodage"] or "utf-8", inspection["delimiteur"] if delimite else None)


def _normaliser(chemin: str, copie: Path, encodage: str, delimiteur: str | None) -> tuple[int, int]:
    """Write the file as UTF-8 lines; a record that spans lines is joined and followed by as many empty lines."""
    total = physiques = 0
    with (
        open(chemin, encoding=encodage.replace("utf-8", "utf-8-sig"), errors="replace", newline=None) as entree,
        open(copie, "w", encoding="utf-8", newline="\n") as sortie,
    ):
        for enregistrement, nb_lignes in _enregistrements(entree, delimiteur):
            propre = enregistrement.replace("\x00", "\ufffd").replace("\x01", "\ufffd")
            # An unreadable giant keeps its place as a line with a wrong number of fields.
            sortie.write((propre if len(propre) < LIGNE_MAXIMALE // 4 else "\ufffd") + "\n" * nb_lignes)
            total += bool(propre.strip(" "))
            physiques += nb_lignes
    return total, physiques


def _enregistrements(lignes: Iterator[str], delimiteur: str | None) -> Iterator[tuple[str, int]]:
    """Yield each record with the number of lines it spans; without delimiter, a record is a line."""
    if delimiteur is None:
        yield from ((brute.rstrip("\n"), 1) for brute in lignes)
        return
    d = re.escape(delimiteur)
    ouvre = re.compile(rf'(?:^|{d}) *"(?:[^"]|"")*$')
    ferme = re.compile(rf'^(?:[^"]|"")*"(?!") *(?:{d}|$)')
    attente: list[str] = []
    for brute in lignes:
        ligne = brute.rstrip("\n")
        if attente:
            attente.append(ligne)
            if ferme.match(ligne) and not ouvre.search(" ".join(attente)):
                yield " ".join(attente), len(attente)
                attente = []
            elif len(attente) > LIGNES_PAR_VALEUR:
                yield from ((perdue, 1) for perdue in attente)
                attente = []
        elif ligne.count('"') & 1 and ouvre.search(ligne):
            attente = [ligne]
        else:
            yield ligne, 1
    yield from ((perdue, 1) for perdue in attente)


_PREFIXE = ".socle-"
_parent: Path | None = None
_prive: Path | None = None


def dossier_prive() -> Path:
    """Folder of what this process alone needs, removed when it ends."""
    global _prive
    if _prive is None:
        _prive = Path(tempfile.mkdtemp(prefix=_PREFIXE, dir=_parent))
        atexit.register(shutil.rmtree, _prive, ignore_errors=True)
    return _prive


class Plugin(BasePlugin):
    """Gives the warehouse's connection the functions of the readers.

    ``socle_liens(dossier)``: `liens`; ``socle_jour_d_extraction(dossier)``: `jour_d_extraction`;
    ``socle_inspecter(chemin, delimite)``: an inspection;
    ``socle_lots(flux, version, fichiers)``, ``socle_ranger_lot(flux, lot)``, ``socle_oublier_lots(flux)``,
    ``socle_instantane(projet, fichiers, tables)`` and ``socle_ranger_table(chemin)``: methods of `socle.cache.Cache`;
    ``socle_messages_hl7(fichiers, chemin, metadonnees)``: `socle.hl7.ranger`.
    """

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Prepare the warehouse's folder; its file holds patient data, so only its owner may read it."""
        global _parent
        os.umask(0o077)
        if creds.path != ":memory:":
            _parent = Path(creds.path).resolve().parent
            _parent.mkdir(parents=True, exist_ok=True)

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the functions once per database."""
        from socle.cache import TYPE_FICHIERS, Cache

        if _parent:
            # The warehouse has one writer: what a killed one left is nobody's.
            for reste in _parent.glob(f"{_PREFIXE}*"):
                if reste != _prive:
                    shutil.rmtree(reste, ignore_errors=True)
        dossier = os.environ.get("SOCLE_CACHE")
        cache = Cache(Path(dossier) if dossier else None)
        texte, inspection = duckdb.sqltype("VARCHAR"), ", ".join(f"{nom} {genre}" for nom, genre in CHAMPS.items())
        fonctions: list[tuple[str, Any, list[Any], Any, str]] = [
            ("socle_liens", liens, [texte], "VARCHAR[]", "native"),
            ("socle_jour_d_extraction", jour_d_extraction, [texte], "VARCHAR", "native"),
            ("socle_inspecter", cache.inspecter_tous, [texte, duckdb.sqltype("BOOLEAN")], f"STRUCT({inspection})", "arrow"),
            ("socle_lots", cache.preparer, [texte, texte, duckdb.sqltype(TYPE_FICHIERS)], "VARCHAR", "native"),
            ("socle_ranger_lot", cache.ranger, [texte, texte], "VARCHAR", "native"),
            ("socle_oublier_lots", cache.oublier, [texte], "BOOLEAN", "native"),
            (
                "socle_instantane",
                cache.instantane,
                [texte, duckdb.sqltype(TYPE_FICHIERS), duckdb.sqltype("VARCHAR[]")],
                "VARCHAR",
                "native",
            ),
            ("socle_ranger_table", cache.ranger_table, [texte], "VARCHAR", "native"),
            ("socle_messages_hl7", hl7.ranger, [texte, texte, texte], "BIGINT", "native"),
        ]
        for nom, fonction, parametres, retour, genre in fonctions:
            conn.create_function(nom, fonction, parametres, duckdb.sqltype(retour), type=genre, side_effects=True)  # type: ignore[arg-type]
