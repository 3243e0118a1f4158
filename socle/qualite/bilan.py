"""What a run of the controls found; no module here knows Great Expectations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path


class Statut(StrEnum):
    """Outcome of one control; ``sans_objet``: it had no row to judge."""

    CONFORME = "conforme"
    SANS_OBJET = "sans_objet"
    ALERTE = "alerte"
    BLOQUANT = "bloquant"
    NON_EXECUTE = "non_execute"


@dataclass(frozen=True)
class Controle:
    """One expectation, in the words of the report; ``requete`` is null for those of the contract."""

    nom: str
    objet: str
    dimension: str
    severite: str
    titre: str
    explication: str = ""
    remede: str = ""
    population: str | None = None
    requete: str | None = None
    relations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Constat:
    """How many rows of one establishment, and of what kind, a control found; never which ones."""

    finess_ej: str
    detail: str | None
    nb: int


@dataclass(frozen=True)
class Resultat:
    """What one control gave.

    ``nb``: rows at fault; ``nb_acceptes``: those that the hospital accepted, not in ``nb``; ``nb_population``: rows
    that could have been; ``motif``: why the control did not run; ``historique``: ``nb`` of the former runs, oldest
    first, null where it did not run or had no row to judge.
    """

    controle: Controle
    statut: Statut
    nb: int = 0
    nb_acceptes: int = 0
    nb_population: int | None = None
    constats: tuple[Constat, ...] = ()
    motif: str | None = None
    historique: tuple[int | None, ...] = ()

    @property
    def par_ej(self) -> dict[str, int]:
        """Rows at fault of each establishment, most first."""
        total: Counter[str] = Counter()
        for constat in self.constats:
            total[constat.finess_ej] += constat.nb
        return dict(total.most_common())


@dataclass(frozen=True)
class Bilan:
    """What the caller needs to decide, and what the report shows."""

    execution: datetime
    execution_id: str
    """Number of the run that made the warehouse."""
    date_extraction: date
    resultats: tuple[Resultat, ...]
    rapport: Path
    duree: float = 0.0
    """Seconds."""

    @property
    def comptes(self) -> dict[Statut, int]:
        """Number of controls of each outcome."""
        comptes = Counter(r.statut for r in self.resultats)
        return {statut: comptes[statut] for statut in Statut}

    @property
    def bloquants(self) -> list[Resultat]:
        """Controls that forbid the publication."""
        return [r for r in self.resultats if r.statut is Statut.BLOQUANT]

    @property
    def publiable(self) -> bool:
        """True when nothing forbids the publication."""
        return not self.bloquants

    @property
    def resume(self) -> str:
        """One French line for the terminal."""
        noms = {
            Statut.BLOQUANT: ("bloquant", "bloquants"),
            Statut.ALERTE: ("alerte", "alertes"),
            Statut.CONFORME: ("conforme", "conformes"),
            Statut.NON_EXECUTE: ("non exécuté", "non exécutés"),
            Statut.SANS_OBJET: ("sans objet", "sans objet"),
        }
        return "Qualité : " + ", ".join(f"{nb} {noms[statut][nb > 1]}" for statut in noms if (nb := self.comptes[statut]))
