"""Publication of the results: a DuckDB copy, Parquet files and, where asked, PostgreSQL. No patient data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from socle.parametres import dire_la_memoire

__all__ = ["Bilan", "TablePubliee", "publier"]


@dataclass(frozen=True)
class TablePubliee:
    """One published table: rows, and columns that the statistical secret empties because nothing describes them."""

    nom: str
    nb_lignes: int
    colonnes_videes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bilan:
    """What was published, and where."""

    tables: tuple[TablePubliee, ...]
    duckdb: Path
    parquet: Path
    postgres: bool = False
    avertissements: tuple[str, ...] = field(default=())

    @property
    def resume(self) -> str:
        """One French line for the terminal."""
        ou = f"{self.duckdb}, {self.parquet}/" + (" et PostgreSQL" if self.postgres else "")
        return f"Publication : {len(self.tables)} tables, {sum(t.nb_lignes for t in self.tables)} lignes ({ou})"


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
