"""Kill whole runs at random instants, PostgreSQL publication included, and print what was left: not run by « make test ».

    python tests/campagne_arrets.py [--arrets 40] [--graine 1]

Of each kill: the signal, the instant, the part of the run, of which run each output was left, and whether « socle etat »
says so. An incoherent folder that it calls coherent, a dbt that outlives its parent, a last run unlike a clean one: status 1.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import duckdb
import psycopg
from conftest import EJ, FICHIERS_SIMPLES, RACINE, ecrire_zone, ouverts_aux_autres
from postgres_local import serveur_postgres

from socle import etat
from socle.parametres import Parametres

SIGNAUX = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def lancer(environnement: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """Start the command line as a user does."""
    return subprocess.Popen(
        [sys.executable, "-m", "socle.cli", *arguments],
        cwd=RACINE, env=environnement, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, umask=0,
    )  # fmt: skip


def entier(environnement: dict[str, str]) -> float:
    """Run to the end; seconds."""
    debut = time.monotonic()
    processus = lancer(environnement, "run")
    sortie, _ = processus.communicate()
    if processus.returncode:
        sys.exit(sortie)
    return time.monotonic() - debut


def chiffres(parametres: Parametres) -> dict[str, str]:
    """Hash of the indicators of each place that shows them."""
    hashes = {}
    sources = {
        "entrepôt": (parametres.entrepot, "marts.indicateurs"),
        "publication": (parametres.sortie / "publication" / "socle_marts.duckdb", "marts.indicateurs"),
    }
    for nom, (fichier, table) in sources.items():
        with duckdb.connect(str(fichier), read_only=True) as connexion:
            lignes = connexion.execute(f"select * from {table} order by all").fetchall()
            hashes[nom] = hashlib.sha256(repr(lignes).encode()).hexdigest()
    with psycopg.connect(parametres.postgres_url or "") as connexion:
        ((nb, somme),) = connexion.execute("select count(*), sum(numerateur) from socle.indicateurs").fetchall()
        hashes["PostgreSQL"] = f"{nb} {somme}"
    return hashes


def main() -> None:
    """Kill, look, print."""
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("--arrets", type=int, default=40)
    analyseur.add_argument("--graine", type=int, default=1)
    options = analyseur.parse_args()
    hasard = random.Random(options.graine)
    fautes: list[str] = []
    bilan: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as nom, serveur_postgres() as url:
        travail = Path(nom)
        sortie, temporaire = travail / "sortie", travail / "tmp"
        temporaire.mkdir()
        exports = ecrire_zone(travail / "exports", FICHIERS_SIMPLES, (EJ,))
        environnement = os.environ | {
            "SOCLE_EXPORTS": str(exports), "SOCLE_SORTIE": str(sortie), "SOCLE_DATE_EXTRACTION": "2023-03-15",
            "SOCLE_POSTGRES_URL": url, "TMPDIR": str(temporaire), "PYTHONPATH": str(RACINE),
        }  # fmt: skip
        parametres = Parametres(exports=exports, sortie=sortie, postgres_url=url)
        entier(environnement)
        duree = entier(environnement)
        propre = chiffres(parametres)
        print(f"une exécution entière : {duree:.0f} s\n n signal   instant  étape            laissé", flush=True)
        for n in range(options.arrets):
            numero = SIGNAUX[n % len(SIGNAUX)]
            # One kill in four falls in the last twentieth, where things are put in place.
            instant = duree * (hasard.uniform(0.95, 1.02) if n % 4 == 3 else hasard.uniform(0.02, 1.0))
            processus = lancer(environnement, "run")
            try:
                processus.wait(timeout=instant)
            except subprocess.TimeoutExpired:
                processus.send_signal(numero)
            processus.communicate()
            # dbt inherits the lock: it is free when dbt is dead too.
            mort = time.monotonic()
            with open(sortie / ".verrou") as verrou:
                fcntl.flock(verrou, fcntl.LOCK_EX)
            if time.monotonic() - mort > 5:
                fautes.append(f"{n} : dbt a survécu {time.monotonic() - mort:.0f} s")
            fautes += [
                f"{n} : {chemin} lisible par tous" for chemin in (*ouverts_aux_autres(sortie), *ouverts_aux_autres(temporaire))
            ]
            dernier = etat.derniere_execution(parametres) or {}
            presentes, avis = etat.lire(parametres)
            executions = {s.execution_id for s in presentes if not s.archive}
            dit, _ = lancer(environnement, "etat").communicate()
            avoue = "pas toutes de la même exécution" in dit or "Attention" in dit
            melange = len(executions) > 1 or bool(avis) or chiffres(parametres) != propre
            if melange and not avoue:
                fautes.append(f"{n} : mélange que « socle etat » ne dit pas ({executions})")
            if dernier.get("etat") not in dit:
                fautes.append(f"{n} : « {dernier.get('etat')} » n'est pas dit")
            laisse = f"mélange de {len(executions)} exécutions, dit" if melange else "une seule exécution"
            laisse += ", la nouvelle" if dernier.get("execution_id") in executions else ", l'ancienne"
            etape = dernier["etat"] if dernier["etat"] == "réussie" else dernier.get("etape", "construction, restitution")
            bilan[f"{numero.name:8} {dernier['etat']:12} {laisse}"] += 1
            print(f"{n:2} {numero.name:8} {instant:5.1f} s  {etape:27} {laisse}", flush=True)
        entier(environnement)
        if chiffres(parametres) != propre or len({s.execution_id for s in etat.lire(parametres)[0] if not s.archive}) != 1:
            fautes.append("l'exécution suivante n'est pas celle d'un dossier propre")
        if (sortie / ".construction").exists():
            fautes.append("il reste un dossier de préparation")
    print("\n".join(f"{nombre:3} {ligne}" for ligne, nombre in sorted(bilan.items())))
    print("\n".join(fautes) or "aucune faute")
    sys.exit(bool(fautes))


if __name__ == "__main__":
    main()
