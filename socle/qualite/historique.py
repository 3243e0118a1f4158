"""Figures of the former runs: counts per control, nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from socle.qualite.bilan import Bilan, Resultat, Statut

PASSAGES_GARDES = 60
"""Runs kept: two months of nightly runs."""
PASSAGES_MONTRES = 14
"""Runs that the trend of the report shows."""

_SANS_NOMBRE = (Statut.NON_EXECUTE, Statut.SANS_OBJET)

journal = logging.getLogger(__name__)


@dataclass(frozen=True)
class Passage:
    """One former run: instant, and rows at fault of each control that ran and had rows to judge."""

    execution: datetime
    date_extraction: str
    statuts: dict[str, str]
    nombres: dict[str, int]

    def compter(self, statut: Statut) -> int:
        """Number of controls of one outcome."""
        return sum(1 for s in self.statuts.values() if s == statut)


def lire(dossier: Path) -> list[Passage]:
    """Read the former runs, oldest first; a file that is not one is left out, with a warning."""
    passages = []
    for chemin in sorted(dossier.glob("*.json"))[-PASSAGES_MONTRES:]:
        try:
            passages.append(_passage(json.loads(chemin.read_text(encoding="utf-8"))))
        except (ValueError, KeyError, TypeError, AttributeError) as erreur:
            journal.warning("Historique de qualité %s ignoré (%s) : supprimez-le.", chemin, erreur)
    return passages


def _passage(contenu: dict[str, Any]) -> Passage:
    return Passage(
        execution=datetime.fromisoformat(contenu["execution"]),
        date_extraction=contenu["date_extraction"],
        statuts={nom: r["statut"] for nom, r in contenu["controles"].items()},
        nombres={nom: int(r["nb"]) for nom, r in contenu["controles"].items() if r["nb"] is not None},
    )


def completer(resultats: Sequence[Resultat], passages: Sequence[Passage]) -> tuple[Resultat, ...]:
    """Give each result the figures of the former runs."""
    return tuple(replace(r, historique=tuple(passage.nombres.get(r.controle.nom) for passage in passages)) for r in resultats)


def ajouter(dossier: Path, bilan: Bilan) -> None:
    """Keep this run's figures and drop the oldest."""
    dossier.mkdir(parents=True, exist_ok=True)
    contenu = {
        "execution": bilan.execution.isoformat(),
        "execution_id": bilan.execution_id,
        "date_extraction": bilan.date_extraction.isoformat(),
        "duree_secondes": round(bilan.duree, 1),
        "controles": {
            r.controle.nom: {"statut": r.statut, "nb": None if r.statut in _SANS_NOMBRE or r.motif else r.nb}
            for r in bilan.resultats
        },
    }
    chemin = dossier / f"{bilan.execution:%Y%m%dT%H%M%S%f}.json"
    chemin.write_text(json.dumps(contenu, ensure_ascii=False, indent=1), encoding="utf-8")
    for ancien in sorted(dossier.glob("*.json"))[:-PASSAGES_GARDES]:
        ancien.unlink()
