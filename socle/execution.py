"""One build of the warehouse: into a new file, put in place by one rename only when everything succeeded."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from socle.parametres import RACINE, ErreurSocle, Parametres, raison
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


@contextmanager
def verrou(parametres: Parametres) -> Iterator[int]:
    """Hold the output folder for one run; the descriptor is to be inherited by the processes that write.

    Raises:
        ErreurSocle: another run holds it, or the folder cannot be written.
    """
    try:
        parametres.sortie.mkdir(parents=True, exist_ok=True)
        descripteur = os.open(parametres.sortie / ".verrou", os.O_RDWR | os.O_CREAT, 0o600)
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


def construire(parametres: Parametres, descripteur: int, suivre: Callable[[Etape], None] = lambda etape: None) -> None:
    """Build the warehouse and replace the former one.

    Args:
        parametres: what to read and where to write.
        descripteur: lock of the output folder, kept by dbt should this process be killed.
        suivre: called after each node, and each flux read.

    Raises:
        ErreurSocle: the build failed; the former warehouse is untouched.
    """
    parametres.verifier_exports()
    suivre(Etape(avis=str(parametres.extraction)))
    profils = parametres.dossier_dbt.resolve() / "profil"
    try:
        shutil.rmtree(parametres.construction.parent, ignore_errors=True)
        parametres.construction.parent.mkdir(mode=0o700)
        profils.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(RACINE / "profiles.yml.example", profils / "profiles.yml")
        _lancer_dbt(parametres, profils, descripteur, suivre)
        # A clean close leaves no log beside the file; opening it would replay one.
        duckdb.connect(str(parametres.construction)).close()
        os.chmod(parametres.construction, 0o600)
        os.replace(parametres.construction, parametres.entrepot)
    except (OSError, duckdb.Error) as erreur:
        raise ErreurSocle(traduire(str(erreur), parametres)) from erreur
    finally:
        shutil.rmtree(parametres.construction.parent, ignore_errors=True)


def _lancer_dbt(parametres: Parametres, profils: Path, descripteur: int, suivre: Callable[[Etape], None]) -> None:
    commande = [
        sys.executable, "-c", "import sys; from dbt.cli.main import cli; sys.exit(cli())",
        "--log-format", "json", "--log-level", "info", "--log-path", str(parametres.dossier_dbt.resolve() / "logs"),
        "build", "--exclude-resource-type", "unit_test", *(() if parametres.avec_lectures else ("--exclude", "lectures")), "--project-dir", str(RACINE), "--profiles-dir", str(profils),
        "--target-path", str(parametres.dossier_dbt.resolve()),
    ]  # fmt: skip
    # dbt keeps what it parsed as long as the path of the warehouse is the same: it is relative, whatever the output folder.
    processus = subprocess.Popen(
        commande, cwd=parametres.construction.parent, env=parametres.environnement() | {"DBT_ENV_CUSTOM_ENV_SOCLE_REVISION": revision_git() or ""}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
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
        processus.terminate()
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
    if info["name"] == "JinjaLogInfo":
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
        return f"Mémoire insuffisante ({parametres.memoire}) : augmentez SOCLE_MEMOIRE ou réduisez SOCLE_THREADS."
    if "Could not set lock on file" in message:
        return f"{parametres.construction} est ouvert par un autre programme : fermez-le et relancez."
    trouve = re.search(r"Compilation Error in \w+ \w+ \([^)]*\)\s*\n\s*(?P<raison>[A-ZÉ][^\n]* : [^\n]*)", message)
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


def noter(parametres: Parametres, debut: float, echec: str | None, **complements: Any) -> None:
    """Keep what the last run did, for « socle etat »."""
    compte_rendu = {
        "debut": datetime.fromtimestamp(debut).isoformat(timespec="seconds"),
        "duree_secondes": round(time.time() - debut, 1),
        "exports": str(parametres.exports.resolve()),
        "date_extraction": parametres.date_extraction.isoformat(),
        "echec": echec,
        **complements,
    }
    provisoire = parametres.sortie / ".dernier_run.json"
    provisoire.write_text(json.dumps(compte_rendu, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(provisoire, parametres.sortie / "dernier_run.json")
