"""The day of extraction: the last day that the exports know, unless the hospital says it."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from socle.lecture.contrat import contrat
from socle.lecture.correspondances import fichiers_dates

AVANCE_JOURS = 31
"""A name may bear the end of the month that runs, or the day of a clock that is ahead: it then stands for today. A later
date is no date of extraction."""

ANNEES = range(1880, 2200)
"""Years that a date may bear."""

# What compresses may put its suffix in the place of the other one.
_NOM = re.compile(r"([a-z][a-z_]*)_([0-9]{8})[^/]*\.(?:(?:csv|parquet)(?:\.gz|\.zip)?|gz|zip)", re.IGNORECASE)


@dataclass(frozen=True)
class Extraction:
    """Last day known, and the French words that say where it comes from."""

    jour: date
    origine: str

    def __str__(self) -> str:
        """One line for the terminal."""
        return f"Date d’extraction : {self.jour:%d/%m/%Y} ({self.origine})"


def jour_d_extraction(exports: Path, aujourd_hui: date | None = None) -> Extraction:
    """Find the latest day in the names of the tables of ``gam/`` and ``dpi/``, or of what correspondences read for them, and in
    field 7 of the MSH of their messages; the files' own dates only where nothing else bears one.

    Args:
        exports: landing zone; a folder or a file that cannot be read tells no day.
        aujourd_hui: the day that is never passed, the machine's own by default.

    Returns:
        The day; today where nothing bears one.
    """
    aujourd_hui = aujourd_hui or date.today()
    limite = aujourd_hui + timedelta(days=AVANCE_JOURS)
    dates = [(jour, chemin) for chemin in _fichiers(exports) if (jour := _dernier(_jours(chemin), limite))]
    designes = list(fichiers_dates(exports))
    dates += [(jour, chemin) for chemin, jour in designes if jour and jour <= limite]
    if not dates:
        dates = [(date.fromtimestamp(chemin.stat().st_mtime), chemin) for chemin, _ in designes]
    if not dates:
        return Extraction(aujourd_hui, "aujourd’hui : aucun fichier de gam/ ni de dpi/ n’est daté")
    jour, chemin = max(dates)
    nature = "message le plus récent" if chemin.parent.name == "hl7" else "fichier le plus récent"
    return Extraction(min(jour, aujourd_hui), f"{nature} : {chemin.relative_to(exports)}")


def table_du_nom(nom: str) -> tuple[str, date] | None:
    """What the name of a table tells: <flux>_<AAAAMMJJ>[suffix].csv or .parquet, in a .gz or a .zip or not.

    Args:
        nom: of the file, without its folders.

    Returns:
        the flux, without its folder and in lower case, and the day of extraction; None for any other name.
    """
    trouve = _NOM.fullmatch(nom)
    if not trouve:
        return None
    try:
        jour = date(int(trouve[2][:4]), int(trouve[2][4:6]), int(trouve[2][6:]))
    except ValueError:
        return None
    return (trouve[1].lower(), jour) if jour.year in ANNEES else None


def _fichiers(exports: Path) -> Iterator[Path]:
    for source in ("gam", "dpi"):
        yield from sorted(exports.glob(f"*/{source}/*"))
        yield from sorted(exports.glob(f"*/{source}/hl7/*"))


def _jours(chemin: Path) -> Iterable[str]:
    """Days that a file bears, as AAAAMMJJ."""
    try:
        if chemin.parent.name == "hl7":
            return _jours_des_messages(chemin) if chemin.suffix.lower() in (".hl7", ".er7") else ()
        table = table_du_nom(chemin.name)
        connue = table and f"{chemin.parent.name}/{table[0]}" in contrat() and chemin.is_file()
        return (f"{table[1]:%Y%m%d}",) if table and connue else ()
    except OSError:
        return ()


def _jours_des_messages(chemin: Path) -> set[str]:
    with chemin.open("rb") as fichier:
        if not fichier.seek(0, 2):
            return set()
        with mmap.mmap(fichier.fileno(), 0, access=mmap.ACCESS_READ) as octets:
            # Only what begins a line is a header; a separator of its own is a header's right.
            return {
                champs[6][:8].decode("ascii", "replace")
                for trouve in re.finditer(rb"MSH([^\w\s])[^\r\n]*", octets)
                if not trouve.start() or octets[trouve.start() - 1] in b"\r\n\x0b"
                if len(champs := trouve[0].split(trouve[1], 7)) > 6
            }


def _dernier(jours: Iterable[str], limite: date) -> date | None:
    dates = []
    for texte in jours:
        try:
            dates.append(date(int(texte[:4]), int(texte[4:6]), int(texte[6:])))
        except ValueError:
            continue
    return max((jour for jour in dates if jour <= limite), default=None)
