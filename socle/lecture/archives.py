"""Files that come compressed: what a ``.gz`` or a ``.zip`` holds, taken out without ever trusting a name or a size in it."""

from __future__ import annotations

import gzip
import lzma
import os
import zipfile
import zlib
from pathlib import Path
from typing import IO

SUFFIXES = (".gz", ".zip")
PLANCHER_OCTETS = 1 << 30
"""What a file may always grow to; beyond, it may not be more than `RAPPORT_MAXIMAL` times the archive."""
RAPPORT_MAXIMAL = 150
MORCEAU = 1 << 20


class ArchiveIllisible(Exception):
    """Why nothing can be taken out of an archive, in French, to follow « illisible »."""


def est_archive(chemin: str | Path) -> bool:
    """True when a file's name is that of an archive, in any case."""
    return str(chemin).lower().endswith(SUFFIXES)


def situer(chemin: str) -> tuple[str, str | None]:
    """What a path leads to: a file, or the member of a ``.zip`` whose path it goes on from.

    Args:
        chemin: ``a/b.txt``, or ``a/b.zip/c/d.txt``.

    Returns:
        the file, and the name of the member if there is one.
    """
    fichier = chemin
    while not os.path.lexists(fichier) and (parent := os.path.dirname(fichier)) != fichier:
        fichier = parent
    if fichier != chemin and os.path.isfile(fichier):
        return fichier, chemin[len(fichier) + 1 :]
    return chemin, None


def membres(chemin: str | Path, imbriquees: bool = False) -> list[str]:
    """Names of the files of a ``.zip``, in its order, without folders nor what macOS and Windows add.

    Args:
        chemin: the archive.
        imbriquees: an archive inside it is a file like any other.

    Raises:
        ArchiveIllisible: it is no zip, is damaged or locked by a password, or holds another archive.
        OSError: it cannot be opened.
    """
    try:
        with zipfile.ZipFile(chemin) as archive:
            entrees = [e for e in archive.infolist() if not e.is_dir() and not _parasite(e.filename)]
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise ArchiveIllisible("archive zip abîmée") from None
    if any(e.flag_bits & 1 for e in entrees):
        raise ArchiveIllisible("archive protégée par un mot de passe")
    if not imbriquees and any(est_archive(e.filename) for e in entrees):
        raise ArchiveIllisible("archive dans une archive")
    return [e.filename for e in entrees]


def extraire(chemin: str | Path, vers: Path, membre: str | None = None) -> None:
    """Write what an archive holds, once decompressed.

    Args:
        chemin: a ``.gz`` or ``.zip`` file.
        vers: file to write, whatever the name in the archive.
        membre: one of `membres`; by default the only one.

    Raises:
        ArchiveIllisible: damaged, cut short, locked, another archive or several files inside, or out of all proportion.
        OSError: a file cannot be opened or written.
    """
    limite = max(PLANCHER_OCTETS, os.path.getsize(chemin) * RAPPORT_MAXIMAL)
    try:
        if not str(chemin).lower().endswith(".zip"):
            with gzip.open(chemin) as source:
                _verser(source, vers, limite)
            return
        if membre is None:
            noms = membres(chemin)
            if len(noms) != 1:
                raise ArchiveIllisible(f"archive de {len(noms)} fichiers au lieu d’un")
            membre = noms[0]
        with zipfile.ZipFile(chemin) as archive, archive.open(membre) as source:
            _verser(source, vers, limite)
    except gzip.BadGzipFile:
        vers.unlink(missing_ok=True)
        raise ArchiveIllisible("fichier gzip abîmé") from None
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, KeyError):
        vers.unlink(missing_ok=True)
        raise ArchiveIllisible("archive abîmée ou incomplète") from None
    except BaseException:
        vers.unlink(missing_ok=True)
        raise


def _parasite(nom: str) -> bool:
    return nom.startswith("__MACOSX/") or nom.rsplit("/", 1)[-1].lower() in (".ds_store", "thumbs.db", "desktop.ini")


def _verser(source: IO[bytes], vers: Path, limite: int) -> None:
    ecrits = 0
    descripteur = os.open(vers, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descripteur, "wb") as sortie:
        while morceau := source.read(MORCEAU):
            ecrits += len(morceau)
            if ecrits > limite:
                raise ArchiveIllisible(f"archive qui se déploie à plus de {RAPPORT_MAXIMAL} fois sa taille")
            sortie.write(morceau)
