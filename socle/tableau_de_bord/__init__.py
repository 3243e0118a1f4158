"""The dashboard: one page that opens anywhere, without network, for the director and the DIM."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from socle.resultats import lire
from socle.tableau_de_bord.page import composer
from socle.versions import revision_git, versions


def ecrire(entrepot: Path, sortie: Path) -> Path:
    """Write the dashboard of a warehouse.

    Args:
        entrepot: DuckDB file of the build.
        sortie: output folder; the page is ``tableau_de_bord/index.html`` in it, replaced by one rename.

    Returns:
        Path of the page.

    Raises:
        ErreurSocle: no warehouse there, or one that is being written.
    """
    page = composer(lire(entrepot), produit_le=datetime.now(), versions=versions(), revision=revision_git())
    dossier = sortie / "tableau_de_bord"
    dossier.mkdir(parents=True, exist_ok=True)
    provisoire = dossier / ".index.html"
    provisoire.write_text(page, encoding="utf-8")
    os.replace(provisoire, dossier / "index.html")
    return dossier / "index.html"
