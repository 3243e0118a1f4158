"""What the measures shown were at the former run, and in the last deposit that was frozen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from socle import depots, historique, sorties
from socle.lecture.sql import texte_sql
from socle.parametres import ErreurSocle, moyens

Cle = tuple[str, str, date]
"""Establishment, indicator, first day of the period."""


@dataclass(frozen=True)
class Valeur:
    """What an indicator was; rate in percent, None without one."""

    numerateur: int | None
    denominateur: int | None
    taux: float | None


@dataclass(frozen=True)
class Memoire:
    """Values of the former run, and those of the last deposit of each establishment and programme.

    ``extraction``: day of extraction of that run, None for the first one; ``depots``: month deposited, and its values by
    indicator and first day of the period.
    """

    extraction: date | None
    execution: dict[Cle, Valeur]
    depots: dict[tuple[str, str], tuple[date, dict[tuple[str, date], Valeur]]]


def lire(sortie: Path, execution_id: str) -> Memoire:
    """Read both.

    Args:
        sortie: output folder, with its history and its deposits, if any.
        execution_id: the run that is shown; the former one is the latest other.

    Raises:
        ErreurSocle: the history has been altered, or a deposit cannot be read.
    """
    dossier = sortie / sorties.HISTORIQUE
    precedente = next((m for m in reversed(historique.lire(dossier)) if m.execution_id != execution_id), None)
    valeurs: dict[Cle, Valeur] = {}
    if precedente:
        with duckdb.connect(config=moyens()) as connexion:
            for finess, code, debut, *mesure in connexion.execute(
                "select finess_ej, indicateur, periode_debut, numerateur, denominateur, taux"
                f" from read_parquet({texte_sql(dossier / precedente.fichier)}) where axe = 'TOUS'"
            ).fetchall():
                valeurs[finess, code, debut] = Valeur(*mesure)
    return Memoire(date.fromisoformat(precedente.date_extraction) if precedente else None, valeurs, _lire_depots(sortie))


def _lire_depots(sortie: Path) -> dict[tuple[str, str], tuple[date, dict[tuple[str, date], Valeur]]]:
    trouves: dict[tuple[str, str], tuple[str, date, dict[tuple[str, date], Valeur]]] = {}
    for chemin in sorted((sortie / depots.DEPOTS).glob("*.json")):
        try:
            contenu = json.loads(chemin.read_text(encoding="utf-8"))
            cle, depose_le = (contenu["finess_ej"], contenu["programme"]), contenu["depose_le"]
            if cle not in trouves or depose_le > trouves[cle][0]:
                valeurs = {
                    (v["indicateur"], date.fromisoformat(v["periode_debut"])): Valeur(
                        v["numerateur"], v["denominateur"], v["taux"]
                    )
                    for v in contenu["valeurs"]
                    if v["axe"] == "TOUS"
                }
                trouves[cle] = (depose_le, date.fromisoformat(contenu["mois"]), valeurs)
        except (OSError, ValueError, LookupError, TypeError):
            raise ErreurSocle(f"{chemin} est illisible : remettez-le d'après une sauvegarde.") from None
    return {cle: (mois, valeurs) for cle, (_, mois, valeurs) in trouves.items()}
