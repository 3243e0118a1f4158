"""The months that the demonstration covers, in days since 1970-01-01."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from .colonnes import JOUR

Tableau = np.ndarray

NB_MOIS = 14
EPOQUE = date(1970, 1, 1)
MOIS_HISTORIQUE = 24


def numero(d: date) -> int:
    """Return the number of a date."""
    return (d - EPOQUE).days


def date_de(n: int) -> date:
    """Return the date of a number."""
    return EPOQUE + timedelta(days=int(n))


def premier_du_mois(d: date, decalage: int = 0) -> date:
    """Return the first day of the month that is `decalage` months after the month of `d`."""
    rang = d.year * 12 + d.month - 1 + decalage
    return date(rang // 12, rang % 12 + 1, 1)


def mois_de(jours: Tableau) -> Tableau:
    """Return, for day numbers, the day number of the first day of their month."""
    return jours.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


@dataclass(frozen=True)
class Calendrier:
    """Bounds of the demonstration.

    Args:
        fin: last day, the extraction date of the last files.
        debut: first day of the 14 observed months.
        origine: first day of the sparse history kept before them.
    """

    fin: int
    debut: int
    origine: int

    @classmethod
    def jusqu_a(cls, fin: date) -> Calendrier:
        """Return the calendar of the 14 months that end on `fin`."""
        return cls(
            fin=numero(fin),
            debut=numero(premier_du_mois(fin, 1 - NB_MOIS)),
            origine=numero(premier_du_mois(fin, 1 - NB_MOIS - MOIS_HISTORIQUE)),
        )

    def avancement(self, jours: Tableau) -> Tableau:
        """Return the position of days in the observed months: 0 at their start, 1 at their end, negative before."""
        return (jours - self.debut) / (self.fin - self.debut)

    def mois_observe(self, rang: int) -> int:
        """Return the first day of the observed month `rang` (0..13)."""
        return numero(premier_du_mois(date_de(self.debut), rang))

    def dates_de_fichiers(self, nombre: int) -> list[int]:
        """Return `nombre` extraction dates, the last one being `fin`; month ends while months suffice."""
        if nombre <= NB_MOIS:
            rangs = [round(NB_MOIS * (k + 1) / nombre) for k in range(nombre - 1)]
            return [self.mois_observe(rang) - 1 for rang in rangs] + [self.fin]
        pas = (self.fin - self.debut) / nombre
        return [self.debut + round(pas * (k + 1)) for k in range(nombre - 1)] + [self.fin]


def jour_de(secondes: Tableau) -> Tableau:
    """Return the day numbers of instants in seconds."""
    return np.floor_divide(secondes, JOUR)
