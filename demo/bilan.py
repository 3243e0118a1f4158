"""What was written: counts, and everything that was planted so that a test can look for it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple


class RejetAttendu(NamedTuple):
    """A faulty row or line planted in a file (path from the landing zone), with the reason that the reader must give.

    The header of a CSV is line 1; the column is empty when the whole row is at fault.
    """

    fichier: str
    ligne: int
    colonne: str
    motif: str


class Difference(NamedTuple):
    """A planted difference between the GAM and the PMSI of one establishment, on the venue of the smallest iep of a stay.

    Its nature is `SEUL_GAM`, `SEUL_PMSI`, `DATES`, `EN_COURS` (open stay, not in the PMSI yet), `SANS_IPP` (no VID-HOSP line) or
    `IEP_REGROUPES` (several venues in the GAM, one stay number in the PMSI).
    """

    finess_ej: str
    champ: str
    iep: str
    nature: str


@dataclass
class Bilan:
    """Result of the generation: what was written where, up to which day, and what was planted.

    Args:
        etablissements: FINESS juridiques, in order.
        lignes: rows written by flux (rows of every file, faulty ones included), or lines by kind of PMSI file.
        octets: total size in bytes.
        fichiers_inconnus: paths of the files that belong to no flux.
    """

    dossier: Path
    fin: date
    etablissements: list[str] = field(default_factory=list)
    lignes: Counter[str] = field(default_factory=Counter)
    fichiers: int = 0
    octets: int = 0
    rejets_attendus: list[RejetAttendu] = field(default_factory=list)
    fichiers_inconnus: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
