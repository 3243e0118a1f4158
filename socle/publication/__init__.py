"""Publication of the results: a DuckDB copy, Parquet files and, where asked, PostgreSQL. No patient data."""

from __future__ import annotations

from pathlib import Path

from socle.parametres import dire_la_memoire
from socle.publication.bilan import Bilan, TablePubliee

__all__ = ["Bilan", "TablePubliee", "publier"]


@dire_la_memoire
def publier(entrepot: Path, sortie: Path, secret_statistique: int = 0, postgres_url: str | None = None) -> Bilan:
    """Replace the published copies of the marts; whoever reads the former ones keeps them until they reopen.

    Args:
        entrepot: warehouse file, opened for reading.
        sortie: folder of everything that is written; the copies go under ``publication/``.
        secret_statistique: smallest count of persons or séjours shown, 0 or 1 to show all.
        postgres_url: database whose schema ``socle`` is to be replaced too, such as ``postgresql://…``.

    Raises:
        ErreurSocle: nothing was replaced.
    """
    from socle.publication.copie import publier_copies

    return publier_copies(entrepot, sortie, secret_statistique, postgres_url)
