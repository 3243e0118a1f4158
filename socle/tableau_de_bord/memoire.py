"""What the measures shown were at the former run, and in the last deposit that was frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from socle import depots, historique, sorties
from socle.entrepot import connecter
from socle.lecture.sql import chemin_sql
from socle.parametres import ErreurSocle

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
    indicator and first day of the period; ``avis``: what of it was altered or cannot be read, and is left out.
    """

    extraction: date | None
    execution: dict[Cle, Valeur]
    depots: dict[tuple[str, str], tuple[date, dict[tuple[str, date], Valeur]]]
    avis: tuple[str, ...] = ()


def lire(sortie: Path, execution_id: str) -> Memoire:
    """Read both; the results do not wait for what was altered.

    Args:
        sortie: output folder, with its history and its deposits, if any.
        execution_id: the run that is shown; the former one is the latest other.
    """
    avis: list[str] = []
    extraction, execution = None, {}
    try:
        extraction, execution = _lire_execution(sortie / sorties.HISTORIQUE, execution_id)
    except ErreurSocle as erreur:
        avis.append(str(erreur))
    figes: dict[tuple[str, str], dict[str, Any]] = {}
    for chemin in sorted((sortie / depots.DEPOTS).glob("*.json")):
        try:
            contenu = depots.decrire(chemin)
        except ErreurSocle as erreur:
            avis.append(str(erreur))
            continue
        cle = contenu["finess_ej"], contenu["programme"]
        figes[cle] = max(figes.get(cle, contenu), contenu, key=lambda c: datetime.fromisoformat(c["depose_le"]))
    derniers = {
        cle: (
            date.fromisoformat(contenu["mois"]),
            {
                (v["indicateur"], date.fromisoformat(v["periode_debut"])): Valeur(v["numerateur"], v["denominateur"], v["taux"])
                for v in contenu["valeurs"]
                if v["axe"] == "TOUS"
            },
        )
        for cle, contenu in figes.items()
    }
    return Memoire(extraction, execution, derniers, tuple(avis))


def _lire_execution(passe: Path, execution_id: str) -> tuple[date | None, dict[Cle, Valeur]]:
    """Day of extraction and values of the latest other run of a history; none in a history of one run."""
    maillons = historique.lire(passe)
    historique.verifier(passe, maillons)
    precedente = next((m for m in reversed(maillons) if m.execution_id != execution_id), None)
    if precedente is None:
        return None, {}
    with connecter() as connexion:
        lignes = connexion.execute(
            "select finess_ej, indicateur, periode_debut, numerateur, denominateur, taux"
            f" from read_parquet({chemin_sql(passe / precedente.fichier)}) where axe = 'TOUS'"
        ).fetchall()
    return date.fromisoformat(precedente.date_extraction), {
        (finess, code, debut): Valeur(*mesure) for finess, code, debut, *mesure in lignes
    }
