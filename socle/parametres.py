"""Where socle reads, where it writes and with which means: options, else environment variables, else defaults."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import duckdb

from socle.lecture.extraction import Extraction, jour_d_extraction

RACINE = Path(__file__).resolve().parents[1]
"""Folder of the dbt project."""

MEMOIRE, THREADS = "4GB", 2
VARIABLE_EXTRACTION = "SOCLE_DATE_EXTRACTION"
VARIABLES = {
    "SOCLE_EXPORTS": "zone de dépôt (demo/exports)",
    "SOCLE_SORTIE": "dossier de tout ce qui est écrit (sortie)",
    VARIABLE_EXTRACTION: "dernier jour connu (celui que disent les exports)",
    "SOCLE_THREADS": f"modèles construits en même temps ({THREADS})",
    "SOCLE_MEMOIRE": f"mémoire d'une construction ({MEMOIRE})",
    "SOCLE_QUALITE": "seuils et constats acceptés du rapport de qualité",
    "SOCLE_SECRET_STATISTIQUE": "plus petit effectif publié (0)",
    "SOCLE_POSTGRES_URL": "base PostgreSQL où publier aussi",
}
"""The environment variables that whoever runs socle may set, each with what it is and its default."""


class ErreurSocle(Exception):
    """A failure to tell the user in one French line that names the thing and the remedy."""


def _jour(texte: str) -> date:
    try:
        return date.fromisoformat(texte)
    except ValueError:
        raise ErreurSocle(f"Date d'extraction « {texte} » illisible : écrivez-la AAAA-MM-JJ.") from None


_RAISONS = {
    errno.ENOENT: "introuvable",
    errno.EACCES: "accès refusé",
    errno.EPERM: "opération refusée",
    errno.EISDIR: "c’est un dossier",
    errno.ENOTDIR: "ce n’est pas un dossier",
    errno.ELOOP: "lien vers lui-même",
    errno.ENAMETOOLONG: "nom trop long",
    errno.ENOSPC: "disque plein",
    errno.EDQUOT: "quota atteint",
    errno.EROFS: "lecture seule",
    errno.EIO: "erreur du disque",
}


def raison(erreur: OSError) -> str:
    """French words for what the system refused; its number when it is a rare one."""
    return _RAISONS.get(erreur.errno or 0, f"erreur {erreur.errno} du système")


P = ParamSpec("P")
T = TypeVar("T")


def memoire_insuffisante() -> ErreurSocle:
    """What to tell when the memory that one may use is exhausted, wherever it is."""
    memoire = os.environ.get("SOCLE_MEMOIRE") or MEMOIRE
    return ErreurSocle(f"Mémoire insuffisante ({memoire}) : augmentez SOCLE_MEMOIRE ou réduisez SOCLE_THREADS.")


def dire_la_memoire(fonction: Callable[P, T]) -> Callable[P, T]:
    """Have a function tell an exhausted memory as such, whatever it made of it."""

    @wraps(fonction)
    def appeler(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return fonction(*args, **kwargs)
        except Exception as erreur:
            cause: BaseException | None = erreur
            while cause and not isinstance(cause, (MemoryError, duckdb.OutOfMemoryException)):
                cause = cause.__cause__ or cause.__context__
            if cause:
                raise memoire_insuffisante() from erreur
            raise

    return appeler


def moyens() -> dict[str, str]:
    """DuckDB's settings for a connection that only reads: the memory and the threads that one may use."""
    return {
        "memory_limit": _memoire(os.environ.get("SOCLE_MEMOIRE") or MEMOIRE),
        "threads": str(_entier("SOCLE_THREADS", THREADS, minimum=1)),
    }


def memoire_du_moteur() -> str:
    """The memory that DuckDB counts when it builds, as the profile of dbt has it: Python and what it does not count take the rest."""
    memoire = _memoire(os.environ.get("SOCLE_MEMOIRE") or MEMOIRE)
    return f"{float(memoire[:-2]) * 0.8:.2f}{memoire[-2:]}"


def _entier(variable: str, defaut: int, minimum: int = 0) -> int:
    texte = os.environ.get(variable) or str(defaut)
    if not texte.isdecimal() or int(texte) < minimum:
        raise ErreurSocle(f"{variable} = « {texte} » : écrivez un nombre entier, {minimum} au moins.")
    return int(texte)


def _memoire(texte: str) -> str:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?(GB|MB)", texte):
        raise ErreurSocle(f"SOCLE_MEMOIRE = « {texte} » : écrivez par exemple 4GB ou 512MB.")
    return texte


def _sortie(texte: str) -> Path:
    if "?" in os.path.realpath(texte):
        raise ErreurSocle(
            f"SOCLE_SORTIE = « {texte} » : DuckDB n’écrit pas sous un chemin qui contient « ? », donnez-en un autre."
        )
    return Path(texte)


@dataclass(frozen=True)
class Parametres:
    """What one run needs to know.

    ``exports``: landing zone; ``sortie``: folder of everything that is written; ``threads``: models
    built at the same time; ``memoire``: that of a build, such as ``4GB``; ``secret_statistique``: smallest count that is
    published, 0 for all; ``postgres_url``: database to publish into, if any; ``tout_relire``: nothing that
    a former run read is used; ``avec_lectures``: what the other readings of the guides would give is computed.
    """

    exports: Path = field(default_factory=lambda: Path(os.environ.get("SOCLE_EXPORTS") or "demo/exports"))
    sortie: Path = field(default_factory=lambda: _sortie(os.environ.get("SOCLE_SORTIE") or "sortie"))
    threads: str = field(default_factory=lambda: str(_entier("SOCLE_THREADS", THREADS, minimum=1)))
    memoire: str = field(default_factory=lambda: _memoire(os.environ.get("SOCLE_MEMOIRE") or MEMOIRE))
    secret_statistique: int = field(default_factory=lambda: _entier("SOCLE_SECRET_STATISTIQUE", 0))
    postgres_url: str | None = field(default_factory=lambda: os.environ.get("SOCLE_POSTGRES_URL") or None, repr=False)
    tout_relire: bool = field(default_factory=lambda: bool(os.environ.get("SOCLE_TOUT_RELIRE")))
    avec_lectures: bool = True

    @cached_property
    def extraction(self) -> Extraction:
        """Last day known: the hospital's, else that of its exports.

        Raises:
            ErreurSocle: the hospital's is no date.
        """
        texte = os.environ.get(VARIABLE_EXTRACTION)
        return Extraction(_jour(texte), VARIABLE_EXTRACTION) if texte else jour_d_extraction(self.exports)

    @property
    def date_extraction(self) -> date:
        """Last day known."""
        return self.extraction.jour

    @property
    def entrepot(self) -> Path:
        """The warehouse file that readers open."""
        return self.sortie / "entrepot.duckdb"

    @property
    def entrepot_precedent(self) -> Path:
        """The one that it replaced."""
        return self.sortie / "entrepot_precedent.duckdb"

    @property
    def preparation(self) -> Path:
        """Folder where a run writes everything, laid out as the output folder, until it is put in place."""
        return self.sortie / ".construction"

    @property
    def construction(self) -> Path:
        """The file that dbt writes, beside the current one, until it succeeds."""
        return self.preparation / "entrepot.duckdb"

    @property
    def dossier_dbt(self) -> Path:
        """Artifacts of the last build: manifest, compiled SQL, results, log."""
        return self.sortie / "dbt"

    @property
    def lac(self) -> Path:
        """Typed rows of the exports, which the warehouse reads and the next run uses again."""
        return Path(os.environ.get("SOCLE_LAC") or self.sortie / "lac")

    def environnement(self) -> dict[str, str]:
        """Environment of the dbt process, whose output folder is that of preparation, and which publishes nothing."""
        return {nom: valeur for nom, valeur in os.environ.items() if nom != "SOCLE_POSTGRES_URL"} | {
            "SOCLE_EXPORTS": str(self.exports.resolve()),
            "SOCLE_SORTIE": str(self.preparation.resolve()),
            VARIABLE_EXTRACTION: self.date_extraction.isoformat(),
            "SOCLE_THREADS": self.threads,
            "SOCLE_MEMOIRE": self.memoire,
            "SOCLE_LAC": str(self.lac.resolve()),
            "SOCLE_TOUT_RELIRE": "1" if self.tout_relire else "",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }

    def verifier_exports(self) -> None:
        """Refuse a landing zone that is not one.

        Raises:
            ErreurSocle: folder missing or unreadable, or without etablissements.csv.
        """
        try:
            noms = {chemin.name for chemin in self.exports.iterdir()}
        except FileNotFoundError:
            raise ErreurSocle(
                f"Dossier d'exports {self.exports} introuvable : indiquez le vôtre par SOCLE_EXPORTS ou lancez « socle demo »."
            ) from None
        except OSError as erreur:
            raise ErreurSocle(
                f"Dossier d'exports {self.exports} illisible ({raison(erreur)}) : vérifiez le chemin et les droits."
            ) from None
        if "etablissements.csv" not in noms:
            raise ErreurSocle(
                f"{self.exports / 'etablissements.csv'} manque : ajoutez ce fichier, une ligne par entité juridique."
            )
