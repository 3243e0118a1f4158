"""What SQL cannot see of a file before it reads it: encoding, delimiter, header, oddities of its bytes.

dbt-duckdb loads this module as a plugin (``profiles.yml``); the models call its function ``socle_inspecter``.
A file that DuckDB cannot read as plain lines (CP1252, line breaks inside quotes, lone carriage returns) is given
a normalised copy in a private folder that disappears with the process.
"""

from __future__ import annotations

import atexit
import codecs
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

import duckdb
import pyarrow.parquet
from dbt.adapters.duckdb.plugins import BasePlugin

TAILLE_BLOC = 1 << 24
LIGNE_MAXIMALE = 1_900_000
"""Bytes of the longest line that DuckDB's reader takes with its default buffer."""
LIGNES_PAR_VALEUR = 1_000
"""A quoted value may hold that many line breaks; beyond, its opening quote is a stray one."""

TYPE_INSPECTION = (
    "STRUCT(encodage VARCHAR, delimiteur VARCHAR, colonnes VARCHAR[], types VARCHAR[], nb_lignes BIGINT, "
    "barres BOOLEAN, chemin_lecture VARCHAR, taille BIGINT, modifie_le DOUBLE, empreinte VARCHAR, erreur VARCHAR)"
)


class Inspection(TypedDict):
    """One file as the reading macros need it.

    ``nb_lignes`` counts the lines that are not blank, header included (rows of a Parquet file);
    ``modifie_le`` is in seconds since 1970; ``erreur`` is a French reason when the file cannot be read at all.
    """

    encodage: str | None
    delimiteur: str | None
    colonnes: list[str]
    types: list[str]
    nb_lignes: int
    barres: bool
    chemin_lecture: str
    taille: int
    modifie_le: float
    empreinte: str
    erreur: str | None


def inspecter(chemin: str, delimite: bool) -> Inspection:
    """Read a file's bytes once and tell how its rows must be read.

    Args:
        chemin: path of a delimited, fixed-width, HL7 or Parquet file.
        delimite: a quoted value may span lines; elsewhere a quote is a character like any other.

    Returns:
        The inspection; an unreadable file gives one whose ``erreur`` is filled, never an exception.
    """
    vide = Inspection(
        encodage=None, delimiteur=None, colonnes=[], types=[], nb_lignes=0, barres=False,
        chemin_lecture=chemin, taille=0, modifie_le=0.0, empreinte="", erreur=None,
    )  # fmt: skip
    try:
        etat = os.stat(chemin)
        vide["taille"], vide["modifie_le"] = etat.st_size, etat.st_mtime
        if chemin.endswith(".parquet"):
            return _inspecter_parquet(chemin, vide)
        return _inspecter_texte(chemin, delimite, vide)
    except OSError as erreur:
        return vide | {"erreur": f"illisible ({erreur.strerror or erreur})"}


def _inspecter_parquet(chemin: str, resultat: Inspection) -> Inspection:
    try:
        with pyarrow.parquet.ParquetFile(chemin) as fichier:
            schema = fichier.schema_arrow
            resultat["colonnes"], resultat["types"] = schema.names, [str(t) for t in schema.types]
            resultat["nb_lignes"] = fichier.metadata.num_rows
    except (pyarrow.ArrowException, OSError) as erreur:
        return resultat | {"erreur": f"Parquet illisible ({str(erreur).splitlines()[0]})"}
    with open(chemin, "rb") as octets:
        resultat["empreinte"] = hashlib.file_digest(octets, "sha256").hexdigest()
    return resultat


def _inspecter_texte(chemin: str, delimite: bool, resultat: Inspection) -> Inspection:
    condense = hashlib.sha256()
    decodeur = codecs.getincrementaldecoder("utf-8")()
    utf8, entete, ordinaire, reste = True, b"", True, b""
    sauts = retours = 0
    with open(chemin, "rb") as fichier:
        while bloc := fichier.read(TAILLE_BLOC):
            condense.update(bloc)
            if utf8:
                try:
                    decodeur.decode(bloc)
                except UnicodeDecodeError:
                    utf8 = False
            if not entete:
                entete = re.split(rb"[\r\n]", bloc, maxsplit=1)[0]
            resultat["barres"] = resultat["barres"] or b"/" in bloc
            if b"\x00" in bloc or b"\x01" in bloc:
                ordinaire = False
            sauts, retours = sauts + bloc.count(b"\n"), retours + bloc.count(b"\r")
            lignes = (reste + bloc).split(b"\n")
            reste = lignes.pop()
            resultat["nb_lignes"] += sum(1 for ligne in lignes if ligne.strip(b" \r"))
            if delimite and ordinaire and b'"' in bloc:
                ordinaire = not any(ligne.count(b'"') & 1 for ligne in lignes)
            if max(map(len, lignes), default=0) > LIGNE_MAXIMALE or len(reste) > LIGNE_MAXIMALE:
                ordinaire = False
        resultat["nb_lignes"] += bool(reste.strip(b" \r"))
        ordinaire = ordinaire and not (delimite and reste.count(b'"') & 1)
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
    # DuckDB reads one kind of line end a file, and no lone carriage return.
    if not utf8 or not ordinaire or retours not in (0, sauts, sauts + 1):
        copie = _dossier_prive() / f"{resultat['empreinte']}{'.csv' if delimite else '.txt'}"
        resultat["nb_lignes"] = _normaliser(
            chemin, copie, resultat["encodage"], resultat["delimiteur"] if delimite else None
        )
        resultat["chemin_lecture"] = str(copie)
    return resultat


def _normaliser(chemin: str, copie: Path, encodage: str, delimiteur: str | None) -> int:
    """Write the file as UTF-8 lines; a record that spans lines is joined and followed by as many empty lines."""
    total = 0
    with (
        open(chemin, encoding=encodage.replace("utf-8", "utf-8-sig"), errors="replace", newline=None) as entree,
        open(copie, "w", encoding="utf-8", newline="\n") as sortie,
    ):
        for enregistrement, nb_lignes in _enregistrements(entree, delimiteur):
            propre = enregistrement.replace("\x00", "\ufffd").replace("\x01", "\ufffd")
            # An unreadable giant keeps its place as a line with a wrong number of fields.
            sortie.write((propre if len(propre) < LIGNE_MAXIMALE // 4 else "\ufffd") + "\n" * nb_lignes)
            total += bool(propre.strip(" "))
    return total


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


_prive: Path | None = None


def _dossier_prive() -> Path:
    global _prive
    if _prive is None:
        _prive = Path(tempfile.mkdtemp(prefix="socle-"))
        atexit.register(shutil.rmtree, _prive, ignore_errors=True)
    return _prive


class Plugin(BasePlugin):
    """Gives the warehouse's connection the function ``socle_inspecter(chemin, delimite)``."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Prepare the warehouse's folder; its file holds patient data, so only its owner may read it."""
        os.umask(0o077)
        Path(creds.path).parent.mkdir(parents=True, exist_ok=True)

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the function once per database."""
        fonction: Any = inspecter
        conn.create_function(
            "socle_inspecter",
            fonction,
            [duckdb.sqltype("VARCHAR"), duckdb.sqltype("BOOLEAN")],
            duckdb.type(TYPE_INSPECTION),
            side_effects=True,
        )
