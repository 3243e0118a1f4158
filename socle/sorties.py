"""What a run leaves: prepared aside, put in place together, each part with the number of the run that made it."""

from __future__ import annotations

import ctypes
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from socle.parametres import Parametres

PREPARATION = ".construction"
"""Folder of the output folder where everything is written first."""
ENTREPOT, DBT, QUALITE, PUBLICATION = "entrepot.duckdb", "dbt", "qualite", "publication"
TABLEAU_DE_BORD, DOSSIERS, HISTORIQUE = "tableau_de_bord", "dossiers", "historique"
MARTS_PUBLIES = "socle_marts.duckdb"
"""The published file that the tools open."""
PRECEDENT = "entrepot_precedent.duckdb"
"""The warehouse that the one in place replaced: what moved since is told from it."""
ORDRE = (DOSSIERS, TABLEAU_DE_BORD, PUBLICATION, QUALITE, DBT, ENTREPOT, HISTORIQUE)
"""Parts of the output, in the order in which they are put in place: the history holds runs whose warehouse was."""
RESTITUEES = (DOSSIERS, TABLEAU_DE_BORD, PUBLICATION)
"""What people receive: all of one run, or all of the former one."""
DROITS = {ENTREPOT: 0o600, DBT: 0o600, HISTORIQUE: 0o600, PUBLICATION: 0o444}
"""Modes of the files that are not for every account to read, or that no reader may write; 0644 for the others."""
EXACTES = (DOSSIERS, TABLEAU_DE_BORD, QUALITE)
"""Parts that keep exact counts: where small ones are hidden, they are for their owner only."""


def creer(dossier: Path, droits: int = 0o755) -> None:
    """Make a folder and those above it, whatever the umask; those that exist keep their modes."""
    for manquant in reversed([d for d in (dossier, *dossier.parents) if not d.exists()]):
        manquant.mkdir(exist_ok=True)
        manquant.chmod(droits if manquant == dossier else 0o755)


@contextmanager
def preparation(sortie: Path) -> Iterator[Path]:
    """A new private folder, laid out as the output folder, which goes when the block ends; what a killed run left goes first.

    Args:
        sortie: output folder.
    """
    dossier = sortie / PREPARATION
    creer(sortie)
    shutil.rmtree(dossier, ignore_errors=True)
    try:
        creer(dossier, 0o700)
        yield dossier
    finally:
        shutil.rmtree(dossier, ignore_errors=True)


def mettre_en_place(prepare: Path, sortie: Path, parties: Iterable[str]) -> None:
    """Put parts of a prepared folder in their places; only renames are left to do once the first one moves.

    Args:
        prepare: folder laid out as the output folder.
        sortie: output folder.
        parties: among ``ORDRE``; a part that was not prepared is left as it is.
    """
    poses: list[tuple[Path, Path]] = []
    for partie in sorted((p for p in parties if (prepare / p).exists()), key=ORDRE.index):
        droits = 0o600 if partie in EXACTES and Parametres().secret_statistique > 1 else DROITS.get(partie, 0o644)
        _preparer(prepare / partie, droits)
        if (prepare / partie).is_dir():
            creer(sortie / partie)
            # An older version, or another umask, may have left it otherwise.
            (sortie / partie).chmod(_droits_du_dossier(droits))
            # The page that leads to the others, and the one file that the tools open, come last.
            entrees = sorted((prepare / partie).iterdir(), key=lambda e: (e.name in ("index.html", MARTS_PUBLIES), e.name))
            poses += [(entree, sortie / partie / entree.name) for entree in entrees]
        else:
            poses.append((prepare / partie, sortie / partie))
    for nouveau, place in poses:
        if place == sortie / ENTREPOT:
            _garder(place, sortie / PRECEDENT)
        _renommer(nouveau, place)


def poser(nouveau: Path, place: Path, droits: int = 0o600, durable: bool = True) -> None:
    """Put a file or a folder in its place: its modes, its bytes on the disk, one rename.

    Args:
        nouveau: what was written aside, on the same file system.
        place: where it goes; what was there goes.
        droits: modes of the files; a folder may be entered by whoever reads them.
        durable: it must outlive a failure of the machine; not what only lives as long as this process.
    """
    _preparer(nouveau, droits, durable)
    _renommer(nouveau, place)


@contextmanager
def a_cote(place: Path, droits: int = 0o600, durable: bool = True) -> Iterator[Path]:
    """A path to write to, in the folder of a file, put in its place when the block ends well and something was written there.

    Args:
        place: of the file.
        droits: as for `poser`.
        durable: as for `poser`.
    """
    # What lives as long as the process may be written by several of its threads; else one name, which the next writer takes again.
    provisoire = place.with_name(f".{place.name}" if durable else f".{place.name}.{threading.get_ident()}")
    try:
        yield provisoire
        if provisoire.exists():
            poser(provisoire, place, droits, durable)
    finally:
        provisoire.unlink(missing_ok=True)


def ecrire_fichier(chemin: Path, contenu: bytes, droits: int = 0o600) -> None:
    """Write a small file aside, then put it in its place.

    Args:
        chemin: its place.
        contenu: its bytes.
        droits: its modes.
    """
    with a_cote(chemin, droits) as provisoire:
        provisoire.write_bytes(contenu)


def restes(place: Path) -> list[Path]:
    """What DuckDB leaves beside a file when the program that opened it dies: its log, its spill folders."""
    if place.suffix != ".duckdb":
        return []
    return sorted(c for c in place.parent.glob(f"{place.name}.*") if c.suffix in (".wal", ".tmp"))


def _preparer(chemin: Path, droits: int, durable: bool = True) -> None:
    """Give the modes and write to disk a file, or all that a folder holds."""
    for fichier in (chemin, *chemin.rglob("*")):
        if fichier.is_dir():
            fichier.chmod(_droits_du_dossier(droits))
            continue
        if durable:
            with open(fichier, "rb") as octets:
                os.fsync(octets.fileno())
        fichier.chmod(droits)


def _droits_du_dossier(droits: int) -> int:
    return 0o755 if droits & 0o004 else 0o700


def _renommer(nouveau: Path, place: Path) -> None:
    """One rename. A log left beside a DuckDB file would be replayed on the next one: it goes with the file it belongs to."""
    _balayer(place)
    if nouveau.is_dir() and place.exists():
        _echanger(nouveau, place)
        shutil.rmtree(nouveau)
    else:
        os.replace(nouveau, place)
    # Written meanwhile, by a program that holds the former file.
    _balayer(place)


def _garder(place: Path, precedent: Path) -> None:
    """Keep a warehouse that is about to be replaced, without a copy, and without a moment when none is in place."""
    if not place.exists():
        return
    lien = precedent.with_name(f".{precedent.name}")
    lien.unlink(missing_ok=True)
    try:
        os.link(place.resolve(), lien)
    except OSError:
        # A file system without hard links: the place is empty until the next rename.
        os.replace(place, lien)
    _renommer(lien, precedent)


def _balayer(place: Path) -> None:
    for reste in restes(place):
        shutil.rmtree(reste, ignore_errors=True) if reste.is_dir() else reste.unlink(missing_ok=True)


def _echanger(a: Path, b: Path) -> None:
    """Exchange two folders, at once where the system can, else by renames."""
    AT_FDCWD, RENAME_EXCHANGE = -100, 2
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 and renameat2(AT_FDCWD, os.fsencode(a), AT_FDCWD, os.fsencode(b), RENAME_EXCHANGE) == 0:
        return
    attente = a.with_name(a.name + ".ancien")
    b.rename(attente)
    a.rename(b)
    attente.rename(a)
