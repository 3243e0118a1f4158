"""The dashboard: one page that opens anywhere, without network, for the director and the DIM."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from socle import sorties
from socle.parametres import dire_la_memoire
from socle.resultats import lire
from socle.tableau_de_bord.page import composer
from socle.versions import revision_git, versions


@dire_la_memoire
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
    with sorties.preparation(sortie) as prepare:
        (prepare / sorties.TABLEAU_DE_BORD).mkdir()
        (prepare / sorties.TABLEAU_DE_BORD / "index.html").write_text(page, encoding="utf-8")
        sorties.mettre_en_place(prepare, sortie, (sorties.TABLEAU_DE_BORD,))
    return sortie / sorties.TABLEAU_DE_BORD / "index.html"
