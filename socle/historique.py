"""What the indicators were at each run: one Parquet file a run, chained by hashes so that none changes unnoticed.

``<sortie>/historique/<rang>_<execution>.parquet`` holds ``marts.indicateurs`` of a run, without any patient but with its
small counts: its owner's only; its metadata say under which rules (``socle.regles``). ``chaine.json`` lists the runs, oldest first; each link is the SHA-256 of the former link, of
the number and day of the run and of its file: a file or a line that changes, goes or comes in between breaks all the links that
follow.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from socle import regles
from socle.entrepot import lire_execution, ouvrir
from socle.lecture.octets import empreinte_de
from socle.lecture.sql import texte_sql
from socle.parametres import ErreurSocle, dire_la_memoire, raison

CHAINE = "chaine.json"
ORIGINE = "0" * 64
"""What the first link follows."""


@dataclass(frozen=True)
class Maillon:
    """One run of the history.

    ``fichier``: its name; ``sha256``: of its bytes; ``chaine``: the link, which follows from all those before.
    """

    execution_id: str
    date_extraction: str
    fichier: str
    sha256: str
    chaine: str


@dire_la_memoire
def ajouter(entrepot: Path, historique: Path, prepare: Path) -> None:
    """Prepare the history with one more run: its file, and the list that ends with it.

    A warehouse that is in the history already adds nothing.

    Args:
        entrepot: warehouse of the run.
        historique: the history in place, if any.
        prepare: folder that receives what is new, to be put in place in it.

    Raises:
        ErreurSocle: the history was altered, or cannot be written; it is as it was.
    """
    maillons = lire(historique)
    verifier(historique, maillons)
    try:
        prepare.mkdir(parents=True, exist_ok=True)
        with ouvrir(entrepot) as connexion:
            execution = lire_execution(connexion)
            if any(maillon.execution_id == execution.numero for maillon in maillons):
                return
            nom = f"{len(maillons) + 1:06}_{execution.numero}.parquet"
            suivies = regles.metadonnees(regles.lire(connexion))
            options = f"format parquet, compression zstd, {suivies}"
            connexion.execute(f"copy marts.indicateurs to {texte_sql(prepare / nom)} ({options})")
        sha256 = empreinte_de(prepare / nom)
        precedente = maillons[-1].chaine if maillons else ORIGINE
        suivante = _chainer(precedente, execution.numero, execution.date_extraction, nom, sha256)
        maillons.append(Maillon(execution.numero, execution.date_extraction, nom, sha256, suivante))
        texte = json.dumps([asdict(maillon) for maillon in maillons], ensure_ascii=False, indent=1)
        (prepare / CHAINE).write_text(texte + "\n", encoding="utf-8")
    except OSError as erreur:
        raise ErreurSocle(f"Historique impossible à écrire dans {historique} ({raison(erreur)}) : libérez de la place.") from None


def lire(historique: Path) -> list[Maillon]:
    """The runs of a history, oldest first; none where there is no history.

    Raises:
        ErreurSocle: its list is not one, or files lie there without a list.
    """
    chemin = historique / CHAINE
    try:
        return [Maillon(**maillon) for maillon in json.loads(chemin.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        if any(historique.glob("*.parquet")):
            raise _alteree(f"{chemin} manque") from None
        return []
    except (ValueError, TypeError):
        raise _alteree(f"{chemin} est illisible") from None
    except OSError as erreur:
        raise ErreurSocle(f"{chemin} ne peut pas être lu ({raison(erreur)}) : vérifiez les droits.") from None


def verifier(historique: Path, maillons: list[Maillon]) -> None:
    """Check every file and every link.

    A file that no link names is what a run killed before the end left: the next one writes over it or beside it.

    Raises:
        ErreurSocle: names the first run that is not what it was.
    """
    precedente = ORIGINE
    for maillon in maillons:
        fichier = historique / maillon.fichier
        if not fichier.is_file():
            raise _alteree(f"{fichier} manque")
        sha256 = empreinte_de(fichier)
        precedente = _chainer(precedente, maillon.execution_id, maillon.date_extraction, maillon.fichier, sha256)
        if (maillon.sha256, maillon.chaine) != (sha256, precedente):
            raise _alteree(f"{fichier} n'est plus ce que l'exécution {maillon.execution_id[:8]} a écrit")


def _chainer(precedente: str, *champs: str) -> str:
    return hashlib.sha256("\n".join((precedente, *champs)).encode()).hexdigest()


def _alteree(constat: str) -> ErreurSocle:
    return ErreurSocle(
        f"Historique altéré ({constat}) : remettez-le d'après une sauvegarde, ou déplacez le dossier pour en commencer un autre."
    )
