"""What a publication tells of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from socle.resultats.mots import nombre


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
        return f"Publication : {len(self.tables)} tables, {nombre(sum(t.nb_lignes for t in self.tables))} lignes ({ou})"
