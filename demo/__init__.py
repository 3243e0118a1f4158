"""Demonstration landing zone: a fictional hospital group, its activity and the faults seen in the field."""

from .depot import Bilan, Difference, RejetAttendu
from .ecriture import DossierOccupe, ecrire

__all__ = ["Bilan", "Difference", "DossierOccupe", "RejetAttendu", "ecrire"]
