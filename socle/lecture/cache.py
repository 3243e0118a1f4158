"""Rows of the exports kept from one build to the next, so that a file already read is not parsed again.

The rows of a table are kept typed; the messages of an interface, cut into segments, the documents they carry taken out.

The rows of the files read together make one Parquet file, a « lot »: its footer names the reader's version and the
source files, its own name is the SHA-256 of its bytes. A lot that was cut short or altered, that another version wrote,
or whose source files have all gone is removed; one that lost some of its files is rewritten without them.
Without SOCLE_CACHE the lots last as long as the process.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypedDict

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from socle.lecture import archives, hl7, octets
from socle.lecture.octets import (
    CHAMPS,
    Inspection,
    Lecture,
    chemin_de_la_copie,
    copier,
    dossier_prive,
    empreinte_de,
    empreinte_du_contenu,
    inspecter,
    lecture_brute,
)

LOT_OCTETS = 256 << 20
"""Source bytes whose rows are kept together."""
TRANCHE_OCTETS = 32 << 20
"""Source bytes that one thread of the engine reads in a row: lines are numbered as they come."""
PETITS_LOTS = 16
"""From that many lots under a quarter of the usual size, they are merged."""
SOURCES_PMSI = ("macros/lecteurs/*.sql", "models/staging/pmsi/*.sql", "seeds/pmsi_*.csv")
"""What the tables of the PMSI are made by."""
COMMUNS = ("guillemets", "blancs", "marques", "exposants", "final", "crlf")
"""What the files read by one scan have in common, among the fields of a `Lecture`."""
RESERVEES = {"file_index", "file_row_number", "filename"}
"""Columns that DuckDB adds to those of a Parquet file."""
HL7 = (".hl7", ".er7", ".hl7.gz", ".er7.gz", ".hl7.zip", ".er7.zip")
FILS = min(4, os.cpu_count() or 1)

TYPE_FICHIERS = (
    "STRUCT(fichier VARCHAR, chemin VARCHAR, format VARCHAR, encodage VARCHAR, delimiteur VARCHAR, colonnes VARCHAR, "
    "types VARCHAR, nb_lignes BIGINT, taille BIGINT, modifie_le DOUBLE, empreinte VARCHAR, lecture VARCHAR)[]"
)
_ARROW = {"VARCHAR": pa.string(), "VARCHAR[]": pa.list_(pa.string()), "BIGINT": pa.int64(), "DOUBLE": pa.float64()}
_CLE = b"socle"


class Fichier(TypedDict):
    """One source file, as the inventory tells it; ``colonnes`` and ``types`` are JSON, ``format`` is None for messages."""

    fichier: str
    chemin: str
    format: str | None
    encodage: str | None
    delimiteur: str | None
    colonnes: str
    types: str
    nb_lignes: int
    taille: int
    modifie_le: float
    empreinte: str
    lecture: str | None


class Lot(TypedDict):
    """What the footer of a lot says: rows of each source file by its number, names of the lots it stands for."""

    version: str
    fichiers: dict[str, int]
    remplace: list[str]


def identifiant(fichier: Fichier) -> int:
    """Number of a source file in the lots: same path, size, modification time and content."""
    cle = f"{fichier['fichier']}|{fichier['taille']}|{fichier['modifie_le']!r}|{fichier['empreinte']}"
    return int.from_bytes(hashlib.sha256(cle.encode()).digest()[:8], "big", signed=True)


def nb_lignes_attendues(fichier: Fichier) -> int:
    """Rows of a file, its header apart."""
    return fichier["nb_lignes"] - (fichier["format"] == "csv")


class Cache:
    """The lots of a folder, and the inspections of the files they come from.

    Args:
        dossier: folder kept between builds; None when nothing is to be kept.
    """

    def __init__(self, dossier: Path | None) -> None:
        """Read the inspections kept."""
        self.dossier = dossier
        self.version = hashlib.sha256(
            b"".join(Path(module).read_bytes() for module in (archives.__file__, octets.__file__, hl7.__file__, __file__))
            + duckdb.__version__.encode()
        ).hexdigest()
        self._connues: dict[str, Any] = {}
        self._vues: dict[str, Any] = {}
        self._sources: dict[str, dict[str, Fichier]] = {}
        self._verrou = threading.Lock()
        if dossier:
            _creer(dossier)
            try:
                lu = json.loads((dossier / "inspections.json").read_text(encoding="utf-8"))
                self._connues = lu["inspections"] if lu["version"] == self.version else {}
            except (OSError, ValueError, LookupError, TypeError):
                self._connues = {}

    def inspecter_tous(self, chemins: pa.ChunkedArray, delimites: pa.ChunkedArray) -> pa.Array:
        """Inspect many files, several at a time: hashing leaves the interpreter to the others.

        Args:
            chemins: paths.
            delimites: for each, as in `octets.inspecter`.

        Returns:
            the inspections, in the same order.
        """
        with self._verrou:
            with ThreadPoolExecutor(FILS) as fils:
                vues = list(fils.map(self._inspecter, chemins.to_pylist(), delimites.to_pylist()))
            if self.dossier:
                contenu = json.dumps({"version": self.version, "inspections": self._vues})
                provisoire = self.dossier / "inspections.en_cours"
                provisoire.write_text(contenu, encoding="utf-8")
                provisoire.replace(self.dossier / "inspections.json")
        return pa.array(vues, pa.struct([(nom, _ARROW[genre]) for nom, genre in CHAMPS.items()]))

    def _inspecter(self, chemin: str, delimite: bool) -> Inspection:
        """Inspect a file; of one already seen, only the bytes are hashed."""
        vue: Inspection | None = None
        try:
            etat = os.stat(archives.situer(chemin)[0])
            signature = [etat.st_size, etat.st_mtime_ns, delimite]
            connue = self._connues.get(chemin)
            if connue and connue["signature"] == signature and connue["vue"]["empreinte"] == empreinte_du_contenu(chemin):
                vue = connue["vue"]
        except OSError:
            signature = []
        if vue is None:
            vue = inspecter(chemin, delimite)
        elif _lecture(vue)["copie"]:
            vue = vue | {"chemin_lecture": str(chemin_de_la_copie(vue, delimite))}
            if not delimite and not chemin.lower().endswith(HL7):
                # The lines of the PMSI are read again each time; another file gets its copy when it is to be read: it may
                # be in a lot already.
                copier(vue | {"chemin_lecture": chemin}, delimite)
        if self.dossier and vue["erreur"] is None:
            self._vues[chemin] = {"signature": signature, "vue": vue | {"chemin_lecture": chemin}}
        return vue

    def preparer(self, flux: str, version: str, fichiers: list[Fichier] | None) -> str:
        """Tell where the typed rows of a flux are, and which files are still to be read.

        Args:
            flux: name of the flux.
            version: of the contract and of the reader's SQL.
            fichiers: its files, oldest first.

        Returns:
            JSON: ``identifiants`` of the files, in their order; ``nb_lignes`` and, of these, ``nb_connues``, already read;
            ``lots`` ready; ``abimes``, lots that were altered; ``ecartes``, files that are no longer what they were when they
            were inspected: nothing is to be written then, the flux is to be planned again without them;
            ``a_ecrire``, lots to write: ``chemin``, ``metadonnees``, and either ``tranches`` of files to read
            (chemins, identifiants, debuts: lines before each, and what they have in common), ``messages``: files of HL7
            messages to read (fichier_id, chemin), or ``reprises``: lots and identifiants to copy.
        """
        fichiers = fichiers or []
        self._sources[flux] = {str(identifiant(f)): f for f in fichiers}
        dossier = self._dossier_des_lots(flux)
        _creer(dossier)
        voulus = {str(identifiant(f)): f for f in fichiers}
        version = f"{version}-{self.version}"
        prets: dict[Path, Lot] = {}
        a_reprendre: dict[Path, Lot] = {}
        abimes: list[str] = []
        vus: set[str] = set()
        chemins = sorted(dossier.iterdir())
        with ThreadPoolExecutor(FILS) as fils:
            for chemin, lot in zip(chemins, fils.map(_lire_lot, chemins), strict=True):
                if lot is None and chemin.suffix == ".parquet":
                    abimes.append(chemin.name)
                utiles = set(lot["fichiers"]) & (set(voulus) - vus) if lot and lot["version"] == version else set()
                if not lot or not utiles:
                    chemin.unlink()
                    continue
                entier = len(utiles) == len(lot["fichiers"])
                vus |= utiles
                lot["fichiers"] = {cle: nb for cle, nb in lot["fichiers"].items() if cle in utiles}
                (prets if entier else a_reprendre)[chemin] = lot
        petits = [chemin for chemin in prets if chemin.stat().st_size < LOT_OCTETS // 32]
        if len(petits) > PETITS_LOTS:
            a_reprendre |= {chemin: prets.pop(chemin) for chemin in petits}
        a_ecrire = []
        if a_reprendre:
            garde = {cle: nb for lot in a_reprendre.values() for cle, nb in lot["fichiers"].items()}
            lot = Lot(version=version, fichiers=garde, remplace=[chemin.name for chemin in a_reprendre])
            a_ecrire.append(_a_ecrire(dossier, lot) | {"reprises": [str(c) for c in a_reprendre], "identifiants": list(garde)})
        a_lire = [f for cle, f in voulus.items() if cle not in vus]
        ecartes = [f["fichier"] for f in a_lire if not _pret(f)]
        for groupe in _par_taille([] if ecartes else a_lire, LOT_OCTETS):
            lus = {str(identifiant(f)): nb_lignes_attendues(f) for f in groupe}
            lot = Lot(version=version, fichiers=lus, remplace=[])
            messages = [{"fichier_id": identifiant(f), "chemin": _chemin(f, _lecture(f))} for f in groupe if not f["format"]]
            sources = {"tranches": _tranches(groupe)} if groupe[0]["format"] else {"messages": messages}
            a_ecrire.append(_a_ecrire(dossier, lot) | sources)
        return json.dumps(
            {
                "identifiants": [identifiant(f) for f in fichiers],
                "nb_lignes": sum(nb_lignes_attendues(f) for f in fichiers),
                "nb_connues": sum(nb_lignes_attendues(f) for cle, f in voulus.items() if cle in vus),
                "lots": [str(chemin) for chemin in prets],
                "abimes": abimes,
                "ecartes": ecartes,
                "a_ecrire": a_ecrire,
            }
        )

    def ranger(self, flux: str, chemin: str) -> str:
        """Put a lot in its place once it is written, and remove those it replaces.

        Args:
            flux: name of the flux.
            chemin: of the lot, as `preparer` gave it.

        Returns:
            JSON: ``lot``, its path from now on; ``ecartes``, files of the lot that changed while they were read: the lot is
            then gone.
        """
        provisoire = Path(chemin)
        pied = pq.read_metadata(provisoire)
        lot: Lot = json.loads(pied.metadata[_CLE])
        sources = {cle: self._sources[flux][cle] for cle in lot["fichiers"] if not lot["remplace"]}
        ecartes = [f["fichier"] for f in sources.values() if not _inchange(f)]
        if pied.num_rows != sum(lot["fichiers"].values()) and not ecartes:
            lues = Counter(str(numero) for numero in pq.read_table(provisoire, columns=["fichier_id"])["fichier_id"].to_pylist())
            ecartes = [f["fichier"] for cle, f in sources.items() if lues[cle] != lot["fichiers"][cle]]
        if ecartes:
            provisoire.unlink()
            return json.dumps({"lot": None, "ecartes": ecartes})
        if not self.dossier:
            return json.dumps({"lot": chemin, "ecartes": []})
        definitif = provisoire.with_name(f"{empreinte_de(provisoire)}.parquet")
        provisoire.replace(definitif)
        for nom in set(lot["remplace"]) - {definitif.name}:
            (provisoire.parent / nom).unlink(missing_ok=True)
        return json.dumps({"lot": str(definitif), "ecartes": []})

    def instantane(self, projet: str, fichiers: list[Fichier] | None, tables: list[str]) -> str:
        """Tell whether the tables of the PMSI were kept, and where they are or are to be.

        They come from all its files together, since the lines of one replace those of another: one file more makes them
        all again.

        Args:
            projet: root of the dbt project; its readers, PMSI models and PMSI seeds are the version of the tables.
            fichiers: the PMSI files, oldest first.
            tables: names of the tables.

        Returns:
            JSON: ``chemin``, folder of the tables, None when nothing is kept; ``complet``, they are all there, unaltered;
            ``abimes``, files that were altered.
        """
        if not self.dossier:
            return json.dumps({"chemin": None, "complet": False, "abimes": []})
        dossier = self._dossier_des_lots("pmsi")
        _creer(dossier)
        sources = sorted(chemin for motif in SOURCES_PMSI for chemin in Path(projet).glob(motif))
        cle = [self.version, [empreinte_de(s) for s in sources], sorted(tables), [identifiant(f) for f in fichiers or []]]
        chemin = dossier / hashlib.sha256(json.dumps(cle).encode()).hexdigest()
        for autre in set(dossier.iterdir()) - {chemin}:
            shutil.rmtree(autre) if autre.is_dir() else autre.unlink()
        presents = sorted(chemin.iterdir()) if chemin.is_dir() else []
        with ThreadPoolExecutor(FILS) as fils:
            intacts = [n for n, e in zip(presents, fils.map(empreinte_de, presents), strict=True) if n.suffixes[:1] == [f".{e}"]]
        complet = {n.name.split(".")[0] for n in intacts} == set(tables)
        if not complet:
            shutil.rmtree(chemin, ignore_errors=True)
            _creer(chemin)
        abimes = [n.name for n in presents if n not in intacts and n.suffix == ".parquet"]
        return json.dumps({"chemin": str(chemin), "complet": complet, "abimes": abimes})

    def ranger_table(self, chemin: str) -> str:
        """Put a table in its place once it is written: ``<table>.en_cours`` becomes ``<table>.<SHA-256>.parquet``."""
        provisoire = Path(chemin)
        definitif = provisoire.with_name(f"{provisoire.stem}.{empreinte_de(provisoire)}.parquet")
        provisoire.replace(definitif)
        return str(definitif)

    def oublier(self, flux: str) -> bool:
        """Remove the lots of a flux once its rows are in the warehouse, unless they are to be kept; True when it did."""
        if not self.dossier:
            shutil.rmtree(self._dossier_des_lots(flux))
        return not self.dossier

    def _dossier_des_lots(self, flux: str) -> Path:
        return (self.dossier or dossier_prive() / "lots") / flux.replace("/", "__")


def _pret(fichier: Fichier) -> bool:
    """True when a file is still what was inspected, and the copy that it is read from is made."""
    try:
        _chemin(fichier, _lecture(fichier))
    except (OSError, archives.ArchiveIllisible) as erreur:
        if isinstance(erreur, OSError) and erreur.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        return False
    return _inchange(fichier)


def _inchange(fichier: Fichier) -> bool:
    """True while a file has the size and the time of its inspection."""
    try:
        etat = os.stat(fichier["chemin"])
    except OSError:
        return False
    return (etat.st_size, etat.st_mtime) == (fichier["taille"], fichier["modifie_le"])


def _creer(dossier: Path) -> None:
    dossier.mkdir(mode=0o700, parents=True, exist_ok=True)


def _lecture(vue: Inspection | Fichier) -> Lecture:
    return json.loads(vue["lecture"]) if vue["lecture"] else lecture_brute()


def _lire_lot(chemin: Path) -> Lot | None:
    """Footer of a lot, None when its bytes are not those that were written."""
    try:
        if empreinte_de(chemin) != chemin.stem:
            return None
        pied = pq.read_metadata(chemin)
        lot: Lot = json.loads(pied.metadata[_CLE])
        return lot if pied.num_rows == sum(lot["fichiers"].values()) else None
    except (OSError, pa.ArrowException, ValueError, LookupError, TypeError):
        return None


def _a_ecrire(dossier: Path, lot: Lot) -> dict[str, Any]:
    return {"chemin": str(dossier / f"{uuid.uuid4().hex}.en_cours"), "metadonnees": json.dumps(lot)}


def _par_taille(fichiers: list[Fichier], octets: int) -> Iterator[list[Fichier]]:
    """Yield consecutive files whose sizes add up to about that many bytes."""
    groupe: list[Fichier] = []
    total = 0
    for fichier in fichiers:
        if groupe and total + fichier["taille"] > octets:
            yield groupe
            groupe, total = [], 0
        groupe.append(fichier)
        total += fichier["taille"]
    if groupe:
        yield groupe


def _forme(fichier: Fichier) -> tuple[Any, ...]:
    """What two files must have in common to be read by one scan."""
    lu = _lecture(fichier)
    commun = (fichier["format"], fichier["delimiteur"], fichier["colonnes"], fichier["types"])
    # Read apart: a file with French dates, whose form is that of most of them; one whose columns hide the engine's own.
    seul = identifiant(fichier) if lu["barres"] or RESERVEES & set(json.loads(fichier["colonnes"])) else 0
    return (*commun, *(lu[cle] for cle in COMMUNS), seul)  # type: ignore[literal-required]


def _tranches(fichiers: list[Fichier]) -> list[dict[str, Any]]:
    par_forme: dict[tuple[Any, ...], list[Fichier]] = {}
    for fichier in fichiers:
        par_forme.setdefault(_forme(fichier), []).append(fichier)
    tranches = []
    for semblables in par_forme.values():
        for groupe in _par_taille(semblables, TRANCHE_OCTETS):
            lectures = [_lecture(f) for f in groupe]
            debuts = [0]
            for lu in lectures:
                debuts.append(debuts[-1] + lu["nb_physiques"])
            tranches.append(
                {
                    "fichiers": [f["fichier"] for f in groupe],
                    "chemins": [_chemin(f, lu) for f, lu in zip(groupe, lectures, strict=True)],
                    "identifiants": [identifiant(f) for f in groupe],
                    "debuts": debuts[:-1],
                    "format": groupe[0]["format"],
                    "delimiteur": groupe[0]["delimiteur"],
                    "colonnes": json.loads(groupe[0]["colonnes"]),
                    "types": json.loads(groupe[0]["types"]),
                    **{cle: lectures[0][cle] for cle in ("barres", *COMMUNS)},  # type: ignore[literal-required]
                }
            )
    return tranches


def _chemin(fichier: Fichier, lu: Lecture) -> str:
    """Path to read: that of the normalised copy when the file needs one."""
    if not lu["copie"]:
        return fichier["chemin"]
    vue = Inspection(**{cle: fichier.get(cle) for cle in CHAMPS})  # type: ignore[typeddict-item]
    vue["chemin_lecture"] = fichier["chemin"]
    return str(copier(vue, delimite=fichier["format"] is not None))
