"""One run: the lock, the build of the warehouse in a folder of preparation, what is noted of it."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from socle import sorties
from socle.entrepot import connecter
from socle.parametres import RACINE, ErreurSocle, Parametres, memoire_insuffisante, raison
from socle.versions import revision_git

COUCHES = {
    "seeds": "référentiels",
    "staging": "lecture des exports",
    "intermediate": "séjours et documents",
    "populations": "populations",
    "marts": "indicateurs",
    "qualite": "qualité",
    "tests": "contrôles",
}


@dataclass(frozen=True)
class Etape:
    """How far a build has got.

    ``couche``: layer of the last node that dbt finished, in French; ``nom``: that node; ``fait``, ``total``: nodes;
    ``lignes``: rows of the exports read so far; ``avis``: what the reader should know, empty for most steps.
    """

    couche: str = "préparation"
    nom: str = ""
    fait: int = 0
    total: int | None = None
    lignes: int = 0
    avis: str = ""


_LIGNES_LUES = re.compile(r"\S+/\S+ : (?P<nombre>\d+) lignes?\b")


VERROU = ".verrou"
HERITE = "SOCLE_VERROU"
"""Variable that gives dbt the number of the descriptor by which « socle run » holds the lock for it."""


class Interruption(KeyboardInterrupt):
    """A signal asked this process to end; ``signal`` is its number."""

    def __init__(self, numero: int) -> None:
        """Keep the signal."""
        super().__init__(numero)
        self.signal = numero


_recu: int | None = None


def ecouter_les_signaux() -> None:
    """Have SIGINT, SIGTERM and SIGHUP raise an `Interruption` in the main thread."""

    def interrompre(numero: int, _: object) -> None:
        global _recu
        _recu = numero
        raise Interruption(numero)

    for numero in _SIGNAUX:
        # nohup. (A shell has what it starts behind its back ignore SIGINT: whoever sends it here means it.)
        if numero != signal.SIGHUP or signal.getsignal(numero) is not signal.SIG_IGN:
            signal.signal(numero, interrompre)


_SIGNAUX = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interruption(erreur: BaseException) -> Interruption | None:
    """The interruption behind an error: libraries turn it into errors of their own."""
    if isinstance(erreur, Interruption):
        return erreur
    return (
        Interruption(_recu)
        if _recu and isinstance(erreur, (KeyboardInterrupt, RuntimeError, duckdb.Error, ErreurSocle))
        else None
    )


@contextmanager
def sans_interruption() -> Iterator[None]:
    """Let a few renames end: only SIGKILL stops them."""
    anciens = {numero: signal.signal(numero, signal.SIG_IGN) for numero in _SIGNAUX}
    try:
        yield
    finally:
        for numero, ancien in anciens.items():
            signal.signal(numero, ancien or signal.SIG_DFL)


@contextmanager
def verrou(parametres: Parametres) -> Iterator[int]:
    """Hold the output folder for one writer; the descriptor is to be inherited by the processes that write for it.

    Raises:
        ErreurSocle: another run holds it, or the folder cannot be written.
    """
    try:
        sorties.creer(parametres.sortie)
        descripteur = os.open(parametres.sortie / VERROU, os.O_RDWR | os.O_CREAT, 0o600)
        os.chmod(descripteur, 0o600)
    except OSError as erreur:
        raise ErreurSocle(
            f"Dossier de sortie {parametres.sortie} inaccessible ({raison(erreur)}) : vérifiez les droits ou SOCLE_SORTIE."
        ) from None
    try:
        fcntl.flock(descripteur, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descripteur
    except BlockingIOError:
        raise ErreurSocle(
            f"Une autre exécution écrit déjà dans {parametres.sortie} : attendez sa fin ou choisissez un autre SOCLE_SORTIE."
        ) from None
    finally:
        os.close(descripteur)


def verrou_libre(sortie: Path) -> bool:
    """Tell whether nobody writes in an output folder."""
    try:
        with open(sortie / VERROU, "rb") as fichier:
            fcntl.flock(fichier, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def construire(parametres: Parametres, descripteur: int, suivre: Callable[[Etape], None] = lambda etape: None) -> None:
    """Build the warehouse in the folder of preparation, with the SQL that dbt ran.

    Args:
        parametres: what to read and where to write.
        descripteur: lock of the output folder, kept by dbt should this process be killed.
        suivre: called after each node, and each flux read.

    Raises:
        ErreurSocle: the build failed.
    """
    parametres.verifier_exports()
    suivre(Etape(avis=str(parametres.extraction)))
    profil, cible = parametres.preparation / "profil", parametres.preparation / sorties.DBT
    # dbt keeps what it parsed, from one run to the next.
    analyse, gardee = cible / "partial_parse.msgpack", parametres.dossier_dbt / "partial_parse.msgpack"
    try:
        # A former version, or another umask, may have left them otherwise.
        for prive in (parametres.dossier_dbt, parametres.lac):
            sorties.creer(prive, 0o700)
            prive.chmod(0o700)
        profil.mkdir()
        cible.mkdir()
        shutil.copyfile(RACINE / "profiles.yml.example", profil / "profiles.yml")
        if gardee.exists():
            shutil.copyfile(gardee, analyse)
        _lancer_dbt(parametres, profil, cible, descripteur, suivre)
        # A clean close leaves no log beside the file; opening it would replay one.
        connecter(parametres.construction, ecriture=True).close()
    except (OSError, duckdb.Error) as erreur:
        raise ErreurSocle(traduire(str(erreur), parametres)) from erreur


def _lancer_dbt(parametres: Parametres, profil: Path, cible: Path, descripteur: int, suivre: Callable[[Etape], None]) -> None:
    commande = [
        sys.executable, "-m", "socle.lanceur",
        "--log-format", "json", "--log-level", "info", "--log-path", str(parametres.dossier_dbt.resolve() / "logs"),
        # What tests the project itself, whatever the exports, is for its maintainers.
        "build", "--exclude-resource-type", "unit_test", "--exclude", "tag:maintenance", *(() if parametres.avec_lectures else ("lectures",)),
        "--project-dir", str(RACINE), "--profiles-dir", str(profil.resolve()),
        "--target-path", str(cible.resolve()),
    ]  # fmt: skip
    environnement = parametres.environnement() | {
        HERITE: str(descripteur),
        "DBT_ENV_CUSTOM_ENV_SOCLE_REVISION": revision_git() or "",
    }
    # Its standard input, which nobody writes, ends when this process does.
    processus = subprocess.Popen(
        commande, cwd=RACINE, env=environnement, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, pass_fds=[descripteur],
    )  # fmt: skip
    echecs: list[str] = []
    etape = Etape()
    try:
        assert processus.stdout is not None
        for ligne in processus.stdout:
            try:
                evenement = json.loads(ligne)
            except json.JSONDecodeError:
                echecs.append(ligne.strip())
                continue
            if evenement["info"]["level"] == "error":
                echecs.append(evenement["info"]["msg"])
            suivante = _apres(etape, evenement)
            if suivante != etape:
                suivre(suivante)
            etape = replace(suivante, avis="")
        code = processus.wait()
    except BaseException:
        processus.kill()
        processus.wait()
        raise
    if code:
        raise ErreurSocle(traduire("\n".join(echecs), parametres))


def _apres(etape: Etape, evenement: dict[str, Any]) -> Etape:
    """The step after an event of dbt."""
    info, donnees = evenement["info"], evenement.get("data", {})
    if info["name"] in ("LogModelResult", "LogSeedResult", "LogTestResult"):
        noeud = donnees["node_info"]
        couche = "tests" if noeud["resource_type"] == "test" else "seeds"
        if noeud["resource_type"] == "model":
            couche = noeud["node_path"].split("/")[0]
        total = donnees.get("total") or donnees["num_models"]
        return replace(etape, couche=COUCHES.get(couche, couche), nom=noeud["node_name"], fait=donnees["index"], total=total)
    if info["name"] == "Note":
        if trouve := _LIGNES_LUES.match(info["msg"]):
            return replace(etape, lignes=etape.lignes + int(trouve["nombre"]))
        return replace(etape, avis=info["msg"])
    return etape


def traduire(message: str, parametres: Parametres) -> str:
    """Turn what dbt or DuckDB said into one French line that names the thing and the remedy."""
    message = re.sub(r"\x1b\[\d+m", "", message)
    if "No space left on device" in message or "could not write all" in message.lower():
        return f"Disque plein : libérez de la place pour {parametres.sortie} ({_ordre_de_grandeur(parametres)} nécessaires)."
    if "Out of Memory" in message or "OutOfMemory" in message:
        return str(memoire_insuffisante())
    if "Could not set lock on file" in message:
        return f"{parametres.construction} est ouvert par un autre programme : fermez-le et relancez."
    trouve = re.search(
        r"(?:Compilation Error in \w+ \w+ \([^)]*\)|Runtime Error)\s*\n\s*(?P<raison>[A-ZÉ][^\n]* : [^\n]*)", message
    )
    if trouve:
        return trouve["raison"].strip()
    modele = re.search(r"(?:in|Failure in) (?:model|test|seed) (?P<nom>\w+)", message)
    detail = next((x.strip() for x in message.splitlines() if re.search(r"Error:|Got \d+ result", x)), "")
    ou = f" au nœud {modele['nom']}" if modele else ""
    journal = parametres.dossier_dbt / "logs" / "dbt.log"
    return f"La construction a échoué{ou}{f' ({detail})' if detail else ''} : voyez {journal}."


def _ordre_de_grandeur(parametres: Parametres) -> str:
    total = sum(f.stat().st_size for f in parametres.exports.rglob("*") if f.is_file())
    return f"environ {max(total * 2 // 10**6, 100)} Mo"


EN_COURS, REUSSIE, ECHEC, INTERROMPUE = "en cours", "réussie", "échec", "interrompue"
COMPTE_RENDU = "dernier_run.json"


@contextmanager
def suivi(parametres: Parametres) -> Iterator[dict[str, Any]]:
    """Keep what the last run does and did, for « socle etat »: noted at once, then when the block ends, however it does.

    Yields:
        what is noted; the caller may add to it, and calls `noter` for it to be kept before the end.
    """
    debut = time.time()
    compte_rendu: dict[str, Any] = {
        "etat": EN_COURS,
        "execution_id": None,
        "pid": os.getpid(),
        "debut": datetime.fromtimestamp(debut).isoformat(timespec="seconds"),
        "exports": str(parametres.exports.resolve()),
        "date_extraction": parametres.date_extraction.isoformat(),
        "echec": None,
    }
    noter(parametres, compte_rendu)
    try:
        yield compte_rendu
        compte_rendu["etat"] = REUSSIE
    except BaseException as erreur:
        compte_rendu["etat"] = INTERROMPUE if interruption(erreur) else ECHEC
        compte_rendu["echec"] = str(erreur) if isinstance(erreur, ErreurSocle) else type(erreur).__name__
        raise
    finally:
        compte_rendu["duree_secondes"] = round(time.time() - debut, 1)
        # On a full disk nothing can be noted; the failure itself is what must be told.
        with suppress(ErreurSocle):
            noter(parametres, compte_rendu)


def noter(parametres: Parametres, compte_rendu: dict[str, Any]) -> None:
    """Keep what a run says of itself.

    Raises:
        ErreurSocle: it cannot be written.
    """
    chemin = parametres.sortie / COMPTE_RENDU
    try:
        sorties.ecrire_fichier(chemin, json.dumps(compte_rendu, ensure_ascii=False, indent=1).encode())
    except OSError as erreur:
        raise ErreurSocle(
            f"{chemin} ne peut pas être écrit ({raison(erreur)}) : libérez de la place ou vérifiez les droits."
        ) from None
