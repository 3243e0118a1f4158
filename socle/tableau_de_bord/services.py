"""What each pôle, service and UF did for the period on which its establishment is judged, without its small counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from socle.entrepot import ouvrir
from socle.publication import secret


@dataclass(frozen=True)
class Structure:
    """Units of one indicator in one pôle, service or UF.

    ``niveau``: POLE, SERVICE or UF; ``numerateur``, ``denominateur``: None where they are hidden.
    """

    niveau: str
    code: str
    libelle: str
    parente: str | None
    numerateur: int | None
    denominateur: int | None

    @property
    def non_comptes(self) -> int | None:
        """Units that are still to be counted; None where that is hidden."""
        if self.numerateur is None or self.denominateur is None:
            return None
        return self.denominateur - self.numerateur


def lire(entrepot: Path, seuil: int) -> dict[tuple[str, str], list[Structure]]:
    """The structures of each establishment and indicator, hidden as the publication hides them.

    Args:
        entrepot: warehouse of the build.
        seuil: smallest count shown, 0 or 1 to show all.
    """
    with ouvrir(entrepot) as connexion:
        totaux = secret.requete("marts.indicateurs", _colonnes(connexion, "indicateurs"), seuil, "")
        par_service = _colonnes(connexion, "indicateurs_par_service")
        lignes = connexion.execute(
            f"""
            select finess_ej, indicateur, niveau, structure_id, structure_libelle, structure_parente,
                   numerateur, denominateur
            from ({secret.requete("(from marts.indicateurs_par_service where est_jugee)", par_service, seuil, f"({totaux})")})
            where axe = 'TOUS'
            order by finess_ej, indicateur, niveau, denominateur - numerateur desc nulls last, structure_id
            """
        ).fetchall()
    structures: dict[tuple[str, str], list[Structure]] = {}
    for finess, code, *valeurs in lignes:
        structures.setdefault((finess, code), []).append(Structure(*valeurs))
    return structures


def _colonnes(connexion: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [nom for (nom, *_) in connexion.execute(f"describe marts.{table}").fetchall()]
