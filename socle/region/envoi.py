"""What a site sends: its rows in force and its accounts, as Parquet files with a manifest."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import duckdb

from socle.entrepot import lire_execution, ouvrir
from socle.lecture.octets import empreinte_de
from socle.lecture.sql import texte_sql
from socle.parametres import ErreurSocle, raison
from socle.region import MANIFESTE, Relation, relations, version_du_contrat
from socle.region.pseudonymes import Pseudonymes
from socle.sorties import creer, ecrire_fichier, poser

PARQUET = "format parquet, compression zstd"


@dataclass(frozen=True)
class Envoi:
    """What was written: EJ, rows, relations."""

    ej: tuple[str, ...]
    lignes: int
    relations: int


def exporter(entrepot: Path, vers: Path, cle: Path | None = None) -> Envoi:
    """Write what a warehouse reads of its lake in a folder, for a cluster.

    ``<vers>/<relation>/<sha256>.parquet``: immutable; ``<vers>/manifeste.json`` names those in force and is replaced by one
    rename, after them. What it no longer names is then removed. Only the owner reads the folder.

    Args:
        entrepot: the warehouse in place.
        vers: the folder; made if it is not there.
        cle: file of the key with which identifiers of patients are replaced; they are left as they are without it.

    Raises:
        ErreurSocle: no warehouse, no key in the file, a folder that cannot be written or holds something else.
    """
    pseudonymes = Pseudonymes(cle) if cle else None
    try:
        with ouvrir(entrepot) as connexion:
            execution = lire_execution(connexion)
            if pseudonymes:
                pseudonymes.preparer(connexion)
            anciennes = _anciennes(vers)
            creer(vers, 0o700)
            vers.chmod(0o700)
            envoyees = {
                relation.nom: _ecrire(connexion, relation, _colonnes(relation, pseudonymes), vers) for relation in relations()
            }
            ej = tuple(
                finess
                for (finess,) in connexion.execute(
                    "select distinct finess_ej from staging.stg_reference__etablissements order by finess_ej"
                ).fetchall()
            )
        manifeste = {
            "socle": version("socle"),
            "contrat": version_du_contrat(),
            "execution_id": execution.numero,
            "date_extraction": execution.date_extraction,
            "ej": ej,
            "pseudonymise": pseudonymes is not None,
            "relations": envoyees,
        }
        ecrire_fichier(vers / MANIFESTE, json.dumps(manifeste, indent=1).encode())
        gardes = {vers / nom / f"{envoyee['sha256']}.parquet" for nom, envoyee in envoyees.items()}
        for nom in anciennes | envoyees.keys():
            for ancien in set((vers / nom).glob("*.parquet")) - gardes:
                ancien.unlink()
    except OSError as erreur:
        raise ErreurSocle(f"{vers} ne peut pas être écrit ({raison(erreur)}) : choisissez un autre dossier.") from None
    except duckdb.IOException as erreur:
        raise ErreurSocle(
            f"{vers} ne peut pas être écrit ({str(erreur).splitlines()[0]}) : choisissez un autre dossier."
        ) from None
    return Envoi(ej, sum(int(envoyee["lignes"]) for envoyee in envoyees.values()), len(envoyees))


def _anciennes(vers: Path) -> set[str]:
    """Relations that a folder holds of a former export; nothing else may be there, for what is not named is removed."""
    noms = {relation.nom for relation in relations()}
    if (vers / MANIFESTE).exists():
        with suppress(ValueError, LookupError, TypeError, AttributeError):
            noms |= json.loads((vers / MANIFESTE).read_text(encoding="utf-8"))["relations"].keys()
    presents = {entree.name for entree in vers.iterdir()} if vers.exists() else set()
    if etrangers := sorted(presents - noms - {MANIFESTE, f".{MANIFESTE}"}):
        raise ErreurSocle(f"{vers} tient autre chose qu'un envoi ({etrangers[0]}) : choisissez un dossier vide.")
    return presents & noms


def _ecrire(connexion: duckdb.DuckDBPyConnection, relation: Relation, colonnes: str, vers: Path) -> dict[str, str | int]:
    """One relation, under the name of its content: the file that a former export wrote is the same when nothing changed."""
    dossier = vers / relation.nom
    creer(dossier, 0o700)
    en_vigueur = (
        f" where ligne_source not in (select ligne_source from depot.{relation.remplacees})" if relation.remplacees else ""
    )
    with tempfile.TemporaryDirectory(prefix=".en_cours", dir=dossier) as travail:
        provisoire = Path(travail, "lignes.parquet")
        ((nb,),) = connexion.execute(
            f"copy (select {colonnes} from depot.{relation.nom}{en_vigueur} order by all) to {texte_sql(provisoire)} ({PARQUET})"
        ).fetchall()
        empreinte = empreinte_de(provisoire)
        poser(provisoire, dossier / f"{empreinte}.parquet")
    return {"sha256": empreinte, "lignes": nb}


def _colonnes(relation: Relation, pseudonymes: Pseudonymes | None) -> str:
    if pseudonymes is None:
        return ", ".join(f'"{colonne}"' for colonne in relation.colonnes)
    return ", ".join(f'{pseudonymes.expression(relation.nom, nom, genre)} as "{nom}"' for nom, genre in relation.colonnes.items())
