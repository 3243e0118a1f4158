"""The dashboard: one page that opens anywhere, without network, for the director and the DIM."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from socle import sorties
from socle.parametres import dire_la_memoire
from socle.resultats.lecture import lire
from socle.tableau_de_bord import memoire, services
from socle.tableau_de_bord.page import composer
from socle.versions import revision_git, versions


@dire_la_memoire
def ecrire(entrepot: Path, sortie: Path, secret_statistique: int = 0, passe: Path | None = None) -> Path:
    """Write the dashboard of a warehouse.

    Args:
        entrepot: DuckDB file of the build.
        sortie: output folder; the page is ``tableau_de_bord/index.html`` in it, replaced by one rename.
        secret_statistique: smallest count shown of a pôle, a service or a UF, 0 or 1 to show all.
        passe: folder where the history and the deposits are; the output folder by default.

    Returns:
        Path of the page.

    Raises:
        ErreurSocle: no warehouse there, or one that is being written.
    """
    resultats = lire(entrepot)
    page = composer(
        resultats,
        services.lire(entrepot, secret_statistique),
        memoire.lire(passe or sortie, resultats.execution_id),
        produit_le=datetime.now(),
        versions=versions(),
        revision=revision_git(),
    )
    with sorties.preparation(sortie) as prepare:
        (prepare / sorties.TABLEAU_DE_BORD).mkdir()
        (prepare / sorties.TABLEAU_DE_BORD / "index.html").write_text(page, encoding="utf-8")
        sorties.mettre_en_place(prepare, sortie, (sorties.TABLEAU_DE_BORD,))
    return sortie / sorties.TABLEAU_DE_BORD / "index.html"
