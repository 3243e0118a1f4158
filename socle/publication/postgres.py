"""The schema ``socle`` of a PostgreSQL database, replaced in one transaction."""

from __future__ import annotations

import re

import duckdb
import psycopg
from psycopg import sql

from socle.parametres import ErreurSocle
from socle.publication.copie import Table

SCHEMA = "socle"
ROLE = "socle_lecture"
MARQUE = "Résultats publiés par socle ; remplacés à chaque exécution."
TYPES = {
    "VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp", "DOUBLE": "double precision",
    "FLOAT": "real", "TINYINT": "smallint", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint",
    "HUGEINT": "numeric(39)", "UBIGINT": "numeric(20)", "UINTEGER": "bigint",
}  # fmt: skip
ATTENTE = "60s"
"""How long to wait for a reader that holds a table whose columns change."""


def remplacer(copie: duckdb.DuckDBPyConnection, tables: list[Table], url: str) -> tuple[str, ...]:
    """Replace the contents of the schema; a reader sees the former or the new tables, never half.

    Rows are replaced in place: readers are not blocked and views that the hospital made on the tables stay. A table is
    made again only when its columns changed.

    Args:
        copie: the published DuckDB file.
        tables: its tables.
        url: ``postgresql://user@host/database``.

    Returns:
        French warnings: what could not be done without the right to do it.

    Raises:
        ErreurSocle: nothing was replaced.
    """
    try:
        with psycopg.connect(url, connect_timeout=15, application_name="socle") as connexion:
            avertissements: list[str] = []
            with connexion.transaction():
                connexion.execute("select pg_advisory_xact_lock(hashtext('socle.publication'))")
                connexion.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(ATTENTE)))
                _preparer_schema(connexion)
                for table in tables:
                    _remplacer_table(connexion, copie, table)
                _retirer_les_autres(connexion, {table.nom for table in tables})
                avertissements += _ouvrir_a_la_lecture(connexion)
            return tuple(avertissements)
    except psycopg.errors.DependentObjectsStillExist as erreur:
        raise ErreurSocle(
            f"PostgreSQL : {_premiere_ligne(erreur)} ; une vue dépend d'une table dont les colonnes changent,"
            " supprimez-la puis relancez. La publication précédente reste en place."
        ) from None
    except psycopg.Error as erreur:
        raise ErreurSocle(
            f"Publication PostgreSQL impossible ({_premiere_ligne(erreur)}) : vérifiez SOCLE_POSTGRES_URL et les droits."
            " La publication précédente reste en place."
        ) from None


def _premiere_ligne(erreur: psycopg.Error) -> str:
    # A connection string in a message may hold a password.
    ligne = (str(erreur).strip() or type(erreur).__name__).splitlines()[0]
    return re.sub(r"(password=|://[^:@/ ]+:)[^@ ]+", r"\1…", ligne)


def _preparer_schema(connexion: psycopg.Connection) -> None:
    trouve = connexion.execute(
        "select obj_description(n.oid, 'pg_namespace'), exists (select 1 from pg_class where relnamespace = n.oid)"
        " from pg_namespace as n where n.nspname = %s",
        [SCHEMA],
    ).fetchone()
    if trouve and trouve[0] != MARQUE and trouve[1]:
        raise ErreurSocle(
            f"Le schéma PostgreSQL « {SCHEMA} » contient déjà des tables que socle n'a pas écrites : renommez-le ou"
            " choisissez une autre base."
        )
    if not trouve:
        connexion.execute(sql.SQL("create schema {}").format(sql.Identifier(SCHEMA)))
    connexion.execute(sql.SQL("comment on schema {} is {}").format(sql.Identifier(SCHEMA), sql.Literal(MARQUE)))


def _remplacer_table(connexion: psycopg.Connection, copie: duckdb.DuckDBPyConnection, table: Table) -> None:
    nom = sql.Identifier(SCHEMA, table.nom)
    voulues = [(colonne.nom, _type(table.nom, colonne.nom, colonne.type)) for colonne in table.colonnes]
    actuelles = connexion.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [f'{SCHEMA}."{table.nom}"'],
    ).fetchall()
    memes = [(n, _normaliser(t)) for n, t in actuelles] == [(n, _normaliser(t)) for n, t in voulues]
    if actuelles and memes:
        connexion.execute(sql.SQL("delete from {}").format(nom))
    else:
        connexion.execute(sql.SQL("drop table if exists {}").format(nom))
        colonnes = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(n), sql.SQL(t))
            for n, t in voulues  # type: ignore[arg-type]
        )
        connexion.execute(sql.SQL("create table {} ({})").format(nom, colonnes))
    lignes = copie.execute(f'select * from marts."{table.nom}"')
    with connexion.cursor() as curseur, curseur.copy(sql.SQL("copy {} from stdin").format(nom)) as flux:
        while bloc := lignes.fetchmany(10_000):
            for ligne in bloc:
                flux.write_row(ligne)
    connexion.execute(sql.SQL("comment on table {} is {}").format(nom, sql.Literal(table.commentaire)))
    for colonne in table.colonnes:
        connexion.execute(
            sql.SQL("comment on column {}.{} is {}").format(nom, sql.Identifier(colonne.nom), sql.Literal(colonne.commentaire))
        )


def _type(table: str, colonne: str, genre: str) -> str:
    if trouve := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", genre):
        return f"numeric({trouve[1]},{trouve[2]})"
    if genre not in TYPES:
        raise ErreurSocle(f"marts.{table}.{colonne} est de type {genre}, que PostgreSQL n'a pas : donnez-lui un type simple.")
    return TYPES[genre]


def _normaliser(genre: str) -> str:
    return re.sub(r"numeric\((\d+)\)", r"numeric(\1,0)", genre.replace("timestamp without time zone", "timestamp"))


def _retirer_les_autres(connexion: psycopg.Connection, gardees: set[str]) -> None:
    # Views in the schema are the hospital's own.
    presentes = connexion.execute(
        "select relname from pg_class where relnamespace = %s::regnamespace and relkind = 'r'", [SCHEMA]
    ).fetchall()
    for (nom,) in presentes:
        if nom not in gardees:
            connexion.execute(sql.SQL("drop table {}").format(sql.Identifier(SCHEMA, nom)))


def _ouvrir_a_la_lecture(connexion: psycopg.Connection) -> list[str]:
    role, schema = sql.Identifier(ROLE), sql.Identifier(SCHEMA)
    if not connexion.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone():
        try:
            with connexion.transaction():
                connexion.execute(sql.SQL("create role {} nologin").format(role))
        except psycopg.errors.InsufficientPrivilege:
            return [
                f"Rôle PostgreSQL {ROLE} absent et impossible à créer : demandez « create role {ROLE} » à"
                " l'administrateur, puis accordez-le aux comptes des outils."
            ]
    connexion.execute(sql.SQL("grant usage on schema {} to {}").format(schema, role))
    connexion.execute(sql.SQL("grant select on all tables in schema {} to {}").format(schema, role))
    return []
