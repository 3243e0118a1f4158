"""The published tables: which come first, what tells their rows apart, and what a reader of figures must not stumble on."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from socle.parametres import ErreurSocle

PREMIERES, DETAILS = "marts", "details"
"""Schemas of the copies: the short list that one reads first, and the others."""
INTERDITES = frozenset({
    "ipp", "iep", "ins_matricule", "ins_oid", "date_naissance", "numero_sejour", "sejour_id", "unite_id", "document_id",
    "set_id", "transmission_id", "lot_id", "message_id", "transaction_id", "prescription_id", "intervention_id", "rdv_id",
    "reception_id", "utilisateur_id", "correspondant_id", "adresse_mss", "adresse_destinataire", "valeur_rejetee",
})  # fmt: skip
"""Columns that name a person or what is theirs."""


@dataclass(frozen=True)
class Colonne:
    """One column of a published table, with DuckDB's type and its description."""

    nom: str
    type: str
    commentaire: str | None


@dataclass(frozen=True)
class Lien:
    """Columns of a table that take the key of another, a dimension."""

    colonnes: tuple[str, ...]
    vers: str


@dataclass(frozen=True)
class Table:
    """One published table."""

    nom: str
    commentaire: str | None
    colonnes: tuple[Colonne, ...]

    @property
    def noms(self) -> list[str]:
        """Names of the columns."""
        return [colonne.nom for colonne in self.colonnes]

    @property
    def rang(self) -> int:
        """Place in the list that one reads first, from 1; behind it for the others."""
        premieres = _premieres()
        return list(premieres).index(self.nom) + 1 if self.nom in premieres else len(premieres) + 1

    @property
    def schema(self) -> str:
        """Schema of the copies that holds it."""
        return PREMIERES if self.nom in _premieres() else DETAILS

    @property
    def conseil(self) -> str | None:
        """How to read it, in French; None for a table that is not of the first ones."""
        return _premieres().get(self.nom, {}).get("conseil")

    @property
    def cle(self) -> tuple[str, ...]:
        """Columns that tell one row from another; empty for a table of which nothing is known."""
        if self.nom in _premieres():
            cle = _premieres()[self.nom]["cle"]
        else:
            cles = _reglages()["cles"]
            defaut = cles["indicateur"] if {"indicateur", "numerateur", "denominateur"} <= set(self.noms) else []
            cle = cles.get(self.nom, defaut)
        return tuple(cle) if set(cle) <= set(self.noms) else ()

    @property
    def liens(self) -> tuple[Lien, ...]:
        """The dimensions it refers to."""
        return tuple(
            Lien(tuple(lien.get("retenues", lien["colonnes"])), lien["vers"])
            for lien in _reglages()["liens"]
            if set(lien["colonnes"]) <= set(self.noms) and not self.nom.startswith("dimension_")
        )

    def relation(self, base: str = "") -> str:
        """Its quoted name in a copy.

        Args:
            base: name under which the copy is attached, followed by a point.
        """
        return f'{base}{self.schema}."{self.nom}"'


@cache
def _reglages() -> dict[str, Any]:
    with Path(__file__).with_name("tables.toml").open("rb") as fichier:
        return tomllib.load(fichier)


@cache
def _premieres() -> dict[str, dict[str, Any]]:
    return {table["nom"]: table for table in _reglages()["premieres"]}


def lire_tables(connexion: duckdb.DuckDBPyConnection, base: str, schemas: Sequence[str]) -> list[Table]:
    """The tables and views of a warehouse or of a copy, those that one reads first in front.

    Args:
        connexion: where it is attached.
        base: its name there.
        schemas: where they are.

    Raises:
        ErreurSocle: there is none, or one has a column that names a person.
    """
    relations = connexion.execute(
        "select schema_name, table_name, comment from duckdb_tables() where database_name = $1 and schema_name in (select unnest($2))"
        " union all select schema_name, view_name, comment from duckdb_views()"
        " where database_name = $1 and schema_name in (select unnest($2)) order by 2",
        [base, list(schemas)],
    ).fetchall()
    if not relations:
        raise ErreurSocle("L'entrepôt n'a aucun indicateur à publier : lancez « socle run ».")
    tables = []
    for schema, nom, commentaire in relations:
        colonnes = connexion.execute(
            "select column_name, data_type, comment from duckdb_columns()"
            " where database_name = ? and schema_name = ? and table_name = ? order by column_index",
            [base, schema, nom],
        ).fetchall()
        tables.append(Table(nom, commentaire, tuple(Colonne(*colonne) for colonne in colonnes)))
    for table in tables:
        if fautives := INTERDITES & {nom.lower() for nom in table.noms}:
            raise ErreurSocle(
                f"La table marts.{table.nom} a la colonne {min(fautives)}, qui identifie une personne : elle ne peut"
                " pas être publiée, retirez la colonne du modèle."
            )
    return sorted(tables, key=lambda table: table.rang)


def premieres_activites(indicateurs: str) -> str:
    """The query of the first period in which each indicator counted something in each establishment; in which the
    establishment did, for an indicator that never did.

    Args:
        indicateurs: the long table.
    """
    return f"""
        select
            indicateur,
            finess_ej,
            coalesce(
                min(periode_debut) filter (where active),
                min(min(periode_debut) filter (where active)) over (partition by finess_ej),
                min(periode_debut)
            ) as premiere
        from (
            select
                *,
                greatest(numerateur, denominateur, numerateur_national_traces, numerateur_national_constate) > 0 as active
            from {indicateurs}
        )
        group by indicateur, finess_ej
    """


def requete_lisible(table: Table, relation: str, premieres: str) -> str:
    """The query that gives a table without what a reader of figures stumbles on: rates of what is not applicable, periods
    before the first activity.

    Args:
        table: the table.
        relation: where to read it.
        premieres: what `premieres_activites` gave.
    """
    noms, regles = set(table.noms), _reglages()["taux"]
    colonnes = []
    for nom in table.noms:
        conditions = [f'"{c}"' for c in regles.get(nom, []) if c in noms]
        colonnes.append(f'case when {" and ".join(conditions)} then "{nom}" end as "{nom}"' if conditions else f'"{nom}"')
    requete = f"select {', '.join(colonnes)} from {relation}"
    if {"indicateur", "finess_ej", "periode_debut"} <= noms:
        requete += (
            f" as lues where not exists (select 1 from {premieres} as p where p.indicateur = lues.indicateur"
            " and p.finess_ej = lues.finess_ej and lues.periode_debut < p.premiere)"
        )
    return requete
