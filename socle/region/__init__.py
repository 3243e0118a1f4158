"""Several hospital groups in one place: what a site sends (`envoi`), how a cluster reads it (`reception`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from socle import graines
from socle.entrepot import connecter
from socle.lecture.depot import lecteurs, vues_vides

MANIFESTE = "manifeste.json"
"""What a folder that was sent holds; replaced at once, last."""


@dataclass(frozen=True)
class Relation:
    """A source of dbt: its name, its columns with their DuckDB types, and the relation that lists the rows of it that are
    replaced, if any.
    """

    nom: str
    colonnes: dict[str, str]
    remplacees: str | None


@cache
def relations() -> tuple[Relation, ...]:
    """The sources ``depot`` that a site sends; those that list replaced rows stay, for only rows in force are sent."""
    ecartees = dict(_remplacees())
    with connecter() as moteur:
        for vue in vues_vides():
            moteur.execute(vue)
        colonnes: dict[str, dict[str, str]] = {}
        for relation, colonne, genre in moteur.execute(
            "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'depot'"
            " order by table_name, column_index"
        ).fetchall():
            colonnes.setdefault(relation, {})[colonne] = genre
    return tuple(Relation(nom, siennes, ecartees.get(nom)) for nom, siennes in colonnes.items() if nom not in ecartees.values())


def remplacees() -> list[str]:
    """The sources ``depot`` that list replaced rows."""
    return sorted({ecartee for _, ecartee in _remplacees()})


def _remplacees() -> Iterator[tuple[str, str]]:
    for lecteur in lecteurs():
        for relation in lecteur.relations:
            yield (lecteur.nom if relation == "lignes" else f"{lecteur.nom}_{relation}"), f"{lecteur.nom}_remplacees"


@cache
def version_du_contrat() -> str:
    """Digest of what two sites must share to be read together: the contract of the exports, and the columns that are sent."""
    colonnes = json.dumps([[relation.nom, relation.colonnes] for relation in relations()])
    return hashlib.sha256(graines.chemin("contrat_flux").read_bytes() + colonnes.encode()).hexdigest()[:12]
