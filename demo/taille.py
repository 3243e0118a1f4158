"""Dimensions of the landing zone that do not follow from the scale alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

SEUIL_GRAND_GROUPE = 50.0
"""Scale from which the group is a large one."""


@dataclass(frozen=True)
class Taille:
    """Numbers of establishments and files, and intensities of the exchanges.

    Args:
        ej: number of establishments; the three profiles come in turn and share the volumes.
        fichiers: successive extractions of the four large flux.
        fichiers_petits: successive extractions of the others.
        republications: mean number of times a version fed to the DMP is published again.
        destinataires: mean number of other correspondents written to, beside the general practitioner.
        rum_supplementaires: mean number of RUM beyond the first, for the stays long enough.
        pmsi_cumulatif: the last PMSI transmission of the year holds the whole year, not what follows the mid-year one.
    """

    ej: int = 3
    fichiers: int = 3
    fichiers_petits: int = 2
    republications: float = 0.1
    destinataires: float = 0.45
    rum_supplementaires: float = 0.4
    pmsi_cumulatif: bool = True

    @classmethod
    def a_l_echelle(cls, echelle: float, choix: Mapping[str, Any] | None) -> Taille:
        """Return the dimensions of a scale: those of a large group from `SEUIL_GRAND_GROUPE` on.

        Args:
            echelle: factor of the volumes.
            choix: fields that the user sets.

        Raises:
            ValueError: an unknown field is named.
        """
        base = GRAND_GROUPE if echelle >= SEUIL_GRAND_GROUPE else cls()
        inconnus = set(choix or {}) - {champ.name for champ in fields(cls)}
        if inconnus:
            raise ValueError(f"Dimension inconnue : {', '.join(sorted(inconnus))}.")
        return replace(base, **dict(choix or {}))


GRAND_GROUPE = Taille(
    ej=12,
    fichiers=2,
    fichiers_petits=1,
    republications=2.9,
    destinataires=2.9,
    rum_supplementaires=2.0,
    pmsi_cumulatif=False,
)
"""Dimensions of a large group: for 6 million documents, 8 million sendings to the DMP and 6 million messages."""
