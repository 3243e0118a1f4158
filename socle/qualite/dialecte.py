"""SQLAlchemy dialect that lets Great Expectations read DuckDB.

Great Expectations leaves the connection before it fetches; DuckDB's cursor is then empty. Here a cursor fetches when
it executes. The URL names a DuckDB connection of this process: ``duckdb+socle:///name``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import duckdb
import duckdb_engine
import sqlalchemy

TYPES: dict[str, type[sqlalchemy.types.TypeEngine[Any]]] = {
    "VARCHAR": sqlalchemy.String, "BOOLEAN": sqlalchemy.Boolean, "DATE": sqlalchemy.Date,
    "TIMESTAMP": sqlalchemy.DateTime, "DOUBLE": sqlalchemy.Float, "DECIMAL": sqlalchemy.Numeric,
    "INTEGER": sqlalchemy.Integer, "BIGINT": sqlalchemy.BigInteger, "HUGEINT": sqlalchemy.Numeric,
}  # fmt: skip

_numeros = count(1)
_bases: dict[str, duckdb.DuckDBPyConnection] = {}


class _Curseur:
    """DB-API cursor whose rows are in memory as soon as the query ran."""

    arraysize = 1
    rowcount = -1

    def __init__(self, connexion: _Connexion) -> None:
        self.connection = connexion
        self.description: Any = None
        self._lignes: Iterator[tuple[Any, ...]] = iter(())

    def execute(self, requete: str, parametres: Any = None, context: Any = None) -> None:
        resultat = self.connection.duckdb.execute(requete, parametres or None)
        self.description = resultat.description
        self._lignes = iter(resultat.fetchall() if resultat.description else [])

    def executemany(self, requete: str, parametres: Any = None, context: Any = None) -> None:
        self.connection.duckdb.executemany(requete, parametres)

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._lignes, None)

    def fetchmany(self, taille: int | None = None) -> list[tuple[Any, ...]]:
        return [ligne for _, ligne in zip(range(taille or self.arraysize), self._lignes, strict=False)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._lignes)

    def close(self) -> None:
        self._lignes = iter(())


class _Connexion(duckdb_engine.ConnectionWrapper):
    def __init__(self, connexion: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connexion)
        self.duckdb = connexion

    def cursor(self) -> Any:
        return _Curseur(self)


class Dialecte(duckdb_engine.Dialect):
    """duckdb-engine's dialect over connections that this process opened."""

    driver = "socle"
    supports_statement_cache = False

    def create_connect_args(self, url: sqlalchemy.URL) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Give ``connect`` the name of the connection."""
        return (url.database or "",), {}

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        """Open one more cursor of the named connection."""
        connexion = _bases[cargs[0]].cursor()
        connexion.execute("use entrepot")
        return _Connexion(connexion)

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[dict[str, Any]]:
        """Describe the columns of a relation."""
        # The catalog of PostgreSQL that duckdb-engine questions takes DuckDB a quarter of a second a table.
        lignes = connection.exec_driver_sql(
            "select column_name, data_type, is_nullable from duckdb_columns()"
            " where database_name = 'entrepot' and schema_name = $1 and table_name = $2 order by column_index",
            (schema, table_name),
        ).fetchall()
        if not lignes:
            raise sqlalchemy.exc.NoSuchTableError(f"{schema}.{table_name}")
        return [
            {"name": nom, "type": _type(genre), "nullable": facultative, "default": None} for nom, genre, facultative in lignes
        ]


def _type(genre: str) -> sqlalchemy.types.TypeEngine[Any]:
    return TYPES.get(genre.split("(")[0], sqlalchemy.types.NullType)()


@contextmanager
def exposer(base: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Give a DuckDB connection a URL for as long as the block lasts.

    Args:
        base: connection whose database ``entrepot`` holds the relations.

    Yields:
        URL for ``sqlalchemy.create_engine``.
    """
    sqlalchemy.dialects.registry.register("duckdb.socle", __name__, "Dialecte")
    nom = f"base{next(_numeros)}"
    _bases[nom] = base
    try:
        yield f"duckdb+socle:///{nom}"
    finally:
        del _bases[nom]
