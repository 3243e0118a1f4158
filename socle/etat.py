"""Of which run each output is, read in the output itself: what « socle etat » says after any kill."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from socle import historique, sorties
from socle.entrepot import connecter
from socle.execution import COMPTE_RENDU, EN_COURS, INTERROMPUE, REUSSIE, verrou_libre
from socle.parametres import ErreurSocle, Parametres


@dataclass(frozen=True)
class Sortie:
    """One output: its French name, the number of its run, and whether a run of which it is not leaves it there on purpose."""

    nom: str
    execution_id: str
    archive: bool = False


def derniere_execution(parametres: Parametres) -> dict[str, Any] | None:
    """What the last run noted, with its true state; None when there was none.

    A run that says « en cours » while nobody holds the lock was killed.
    """
    # In this order: a run that ends meanwhile has noted it before the lock is free.
    libre = verrou_libre(parametres.sortie)
    try:
        dernier: dict[str, Any] = json.loads((parametres.sortie / COMPTE_RENDU).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    dernier.setdefault("etat", "échec" if dernier["echec"] else REUSSIE)
    if dernier["etat"] == EN_COURS and libre:
        dernier["etat"] = INTERROMPUE
    return dernier


def lire(parametres: Parametres) -> tuple[list[Sortie], list[str]]:
    """The outputs that are there, and what is wrong with some of them, in French sentences."""
    presentes: list[Sortie] = []
    avis: list[str] = []
    construit_le = ""
    lectures = {
        "entrepôt": lambda: _de_duckdb(parametres.entrepot, "qualite.execution"),
        "SQL": lambda: _du_manifeste(parametres.dossier_dbt / "manifest.json"),
        "qualité": lambda: _de_la_page(parametres.sortie / sorties.QUALITE / "index.html"),
        "publication DuckDB": lambda: _de_duckdb(
            parametres.sortie / sorties.PUBLICATION / sorties.MARTS_PUBLIES, "marts.publication"
        ),
        "publication Parquet": lambda: _du_parquet(parametres.sortie / sorties.PUBLICATION / "parquet" / "publication.parquet"),
        "PostgreSQL": lambda: _de_postgres(parametres.postgres_url),
        "tableau de bord": lambda: _de_la_page(parametres.sortie / sorties.TABLEAU_DE_BORD / "index.html"),
    }
    for nom, lecture in lectures.items():
        try:
            if numero := lecture():
                presentes.append(Sortie(nom, numero))
        except (OSError, ValueError, LookupError, duckdb.Error, ErreurSocle) as erreur:
            avis.append(f"{nom[0].upper()}{nom[1:]} : {str(erreur).splitlines()[0]}")
    try:
        construit_le = _du_manifeste(parametres.dossier_dbt / "manifest.json", "generated_at") or ""
    except (OSError, ValueError, LookupError):
        avis.append("SQL de l'entrepôt illisible : relancez « socle run ».")
    try:
        passe = parametres.sortie / sorties.HISTORIQUE
        historique.verifier(passe, historique.lire(passe))
    except ErreurSocle as erreur:
        avis.append(str(erreur))
    for chemin in (parametres.entrepot, parametres.sortie / sorties.PUBLICATION / sorties.MARTS_PUBLIES):
        for reste in sorties.restes(chemin):
            if reste.suffix == ".wal":
                avis.append(
                    f"{reste} : un programme a ouvert {chemin.name} en écriture, qui le lit voit ses changements ;"
                    " fermez-le et relancez « socle run »."
                )
    for dossier, differents in _des_dossiers(parametres.sortie / sorties.DOSSIERS, construit_le):
        presentes.append(dossier)
        if differents:
            avis.append(f"{differents} : son PDF et son archive ne sont pas de la même exécution, relancez « socle run ».")
    return presentes, avis


def _de_duckdb(fichier: Path, table: str) -> str | None:
    if not fichier.exists():
        return None
    with connecter(fichier) as connexion:
        ((numero,),) = connexion.execute(f"select execution_id from {table}").fetchall()
        return numero


def _du_parquet(fichier: Path) -> str | None:
    if not fichier.exists():
        return None
    with connecter() as connexion:
        ((numero,),) = connexion.execute("select execution_id from read_parquet(?)", [str(fichier)]).fetchall()
        return numero


def _du_manifeste(fichier: Path, champ: str = "invocation_id") -> str | None:
    return json.loads(fichier.read_text(encoding="utf-8"))["metadata"][champ] if fichier.exists() else None


def _de_la_page(page: Path) -> str | None:
    if not page.exists():
        return None
    with open(page, encoding="utf-8") as texte:
        trouve = re.search('<meta name="socle-execution" content="([^"]+)">', texte.read(4_000))
    return trouve[1] if trouve else "inconnue"


def _de_postgres(url: str | None) -> str | None:
    if not url:
        return None
    from socle.publication.postgres import execution_publiee

    return execution_publiee(url)


def _des_dossiers(dossier: Path, construit_le: str) -> Iterator[tuple[Sortie, str]]:
    """The dossiers, each with its name when its two files differ; those of former runs are kept, they were deposited."""
    for archive in sorted(dossier.glob("*.zip")):
        try:
            with zipfile.ZipFile(archive) as pieces:
                versions = json.loads(pieces.read("versions.json"))
                jumeaux = pieces.read(f"{archive.stem}.pdf") == archive.with_suffix(".pdf").read_bytes()
        except (OSError, zipfile.BadZipFile, LookupError, ValueError):
            versions, jumeaux = {}, False
        ancien = versions.get("construit_le", "") <= construit_le
        yield Sortie("dossiers", versions.get("execution_id", "inconnue"), archive=ancien), "" if jumeaux else archive.stem
