"""The months that the demonstration covers, in days since 1970-01-01."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

import numpy as np

from .hasard import Tableau

JOUR = 86_400
"""Seconds of a day."""
NB_MOIS = 14
MOIS_HISTORIQUE = 24
EPOQUE = date(1970, 1, 1)


def numero(annee: int, mois: int) -> int:
    """Return the number of the first day of a month; months may pass 12 or be below 1."""
    rang = annee * 12 + mois - 1
    return (date(rang // 12, rang % 12 + 1, 1) - EPOQUE).days


def date_de(n: int) -> date:
    """Return the date of a number."""
    return EPOQUE + timedelta(days=int(n))


def mois_de(jours: Tableau) -> Tableau:
    """Return, for day numbers, the day number of the first day of their month."""
    return jours.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


@dataclass(frozen=True)
class Calendrier:
    """Bounds: extraction date of the last files, first day of the 14 observed months, first day of the history before them."""

    fin: int
    debut: int
    origine: int

    @classmethod
    def jusqu_a(cls, fin: date) -> Self:
        """Return the calendar of the 14 months that end on `fin`."""
        premier = fin.month + 1 - NB_MOIS
        return cls((fin - EPOQUE).days, numero(fin.year, premier), numero(fin.year, premier - MOIS_HISTORIQUE))

    @property
    def terme(self) -> int:
        """Return the first instant (seconds) after the last day."""
        return (self.fin + 1) * JOUR

    def avancement(self, jours: Tableau) -> Tableau:
        """Return the position of days in the observed months: 0 at their start, 1 at their end, negative before."""
        return (jours - self.debut) / (self.fin - self.debut)

    def mois_observe(self, rang: int) -> int:
        """Return the first day of the observed month `rang` (0..13)."""
        debut = date_de(self.debut)
        return numero(debut.year, debut.month + rang)

    def dates_de_fichiers(self, nombre: int) -> list[int]:
        """Return `nombre` (1..14) extraction dates, ends of months, the last one being `fin`."""
        rangs = [round(NB_MOIS * (k + 1) / nombre) for k in range(nombre - 1)]
        return [*(self.mois_observe(rang) - 1 for rang in rangs), self.fin]
