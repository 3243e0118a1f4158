"""What is shown of a warehouse: read once (`lecture`), typed (`modele`), written the same way everywhere (`mots`)."""

from __future__ import annotations

from socle.resultats.lecture import lire
from socle.resultats.modele import (
    TOUS,
    CibleDouble,
    Etablissement,
    Etape,
    Fenetre,
    Fichier,
    Financement,
    Indicateur,
    Lecture,
    Mesure,
    Resultats,
    Situation,
    Source,
)
from socle.resultats.programmes import Programme

__all__ = [
    "TOUS",
    "CibleDouble",
    "Etablissement",
    "Etape",
    "Fenetre",
    "Fichier",
    "Financement",
    "Indicateur",
    "Lecture",
    "Mesure",
    "Programme",
    "Resultats",
    "Situation",
    "Source",
    "lire",
]
