"""The seeds, by name: which folder holds one is nobody's business."""

from __future__ import annotations

import csv
from pathlib import Path

DOSSIER = Path(__file__).resolve().parents[1] / "seeds"


def chemin(nom: str) -> Path:
    """File of a seed.

    Raises:
        LookupError: no seed has that name.
    """
    for trouve in DOSSIER.rglob(f"{nom}.csv"):
        return trouve
    raise LookupError(f"aucun seed {nom} sous {DOSSIER}")


def lire(nom: str) -> list[dict[str, str]]:
    """Rows of a seed, an empty cell as an empty text.

    Raises:
        LookupError: no seed has that name.
    """
    with chemin(nom).open(encoding="utf-8", newline="") as fichier:
        return list(csv.DictReader(fichier))
