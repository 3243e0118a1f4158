"""What was written: counts, and everything that was planted so that a test can look for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple


class RejetAttendu(NamedTuple):
    """A faulty row or line planted in a file.

    Args:
        fichier: path from the landing zone.
        ligne: line number in the file (the header of a CSV is line 1).
        colonne: column at fault, empty when the whole row is.
        motif: reason that the reader must give.
    """

    fichier: str
    ligne: int
    colonne: str
    motif: str


class Difference(NamedTuple):
    """A planted difference between the GAM and the PMSI of one establishment.

    Args:
        finess_ej: establishment.
        champ: MCO, SMR, PSY or HAD.
        iep: administrative number of the venue (smallest one of the stay).
        nature: `SEUL_GAM`, `SEUL_PMSI`, `DATES`, `EN_COURS` (open stay, not in the PMSI yet), `SANS_IPP`
            (no VID-HOSP line) or `IEP_REGROUPES` (several venues in the GAM, one stay number in the PMSI).
    """

    finess_ej: str
    champ: str
    iep: str
    nature: str


@dataclass
class Bilan:
    """Result of the generation.

    Args:
        dossier: landing zone.
        fin: last day.
        etablissements: FINESS juridiques, in order.
        lignes: rows written by flux (rows of every file, faulty ones included), or lines by kind of PMSI file.
        fichiers: number of files.
        octets: total size in bytes.
        rejets_attendus: faulty rows planted.
        fichiers_inconnus: paths of the files that belong to no flux.
        differences: planted differences between GAM and PMSI.
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
