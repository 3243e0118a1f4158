"""The schemas ``socle`` and ``socle_details`` of a PostgreSQL database, replaced in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager

import duckdb
import psycopg
from psycopg import sql

from socle.parametres import ErreurSocle
from socle.publication.tables import DETAILS, PREMIERES, Table

SCHEMA = "socle"
SCHEMAS = {PREMIERES: SCHEMA, DETAILS: "socle_details"}
"""Schema of the database for each schema of the copies."""
ROLE = "socle_lecture"
MARQUE = "Résultats publiés par socle ; remplacés à chaque exécution."
MARQUE_TABLE = "socle:"
TYPES = {
    "VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp", "DOUBLE": "double precision",
    "FLOAT": "real", "TINYINT": "smallint", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint",
    "HUGEINT": "numeric(39)", "UBIGINT": "numeric(20)", "UINTEGER": "bigint",
}  # fmt: skip
ATTENTE = "60s"
"""How long to wait for a reader that holds a table whose columns change."""


class Remplacement:
    """The schemas with their new tables, which nobody else sees until `valider`.

    ``avertissements``: French sentences, what could not be done without the right to do it.
    """

    def __init__(self, connexion: psycopg.Connection, avertissements: tuple[str, ...]) -> None:
        """Keep the open transaction."""
        self._connexion, self.avertissements = connexion, avertissements

    def valider(self) -> None:
        """Show the new tables instead of the former ones.

        Raises:
            ErreurSocle: the former ones stay.
        """
        with _en_francais():
            self._connexion.commit()


@contextmanager
def remplacer(copie: duckdb.DuckDBPyConnection, tables: list[Table], url: str) -> Iterator[Remplacement]:
    """Prepare the contents of the schemas; a reader sees the former or the new tables, never half.

    Rows are replaced in place: readers are not blocked and views that the hospital made on the tables stay. A table is
    made again only when its columns changed. Its keys stay in place too: they are checked once all the tables are replaced. Only tables that socle made are touched. Without a call to `valider`, nothing
    changes.

    Args:
        copie: the published DuckDB file.
        tables: its tables.
        url: ``postgresql://user@host/database``.

    Raises:
        ErreurSocle: nothing was replaced.
    """
    connexion = _connecter(url)
    try:
        with _en_francais():
            connexion.execute("select pg_advisory_xact_lock(hashtext('socle.publication'))")
            connexion.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(ATTENTE)))
            for schema in SCHEMAS.values():
                _preparer_schema(connexion, schema)
            _verifier_les_tables(connexion, tables)
            for table in tables:
                _remplacer_table(connexion, copie, table)
            _retirer_les_autres(connexion, tables)
            _poser_les_cles(connexion, tables)
            connexion.execute("set constraints all immediate")
            avertissements = _ouvrir_a_la_lecture(connexion, tables)
        yield Remplacement(connexion, tuple(avertissements))
    finally:
        connexion.close()


def execution_publiee(url: str) -> str | None:
    """Number of the run whose results the schema holds, None when it holds none.

    Args:
        url: as for `remplacer`.

    Raises:
        ErreurSocle: the database does not answer.
    """
    with closing(_connecter(url)) as connexion, _en_francais():
        colonne = "select 1 from information_schema.columns where (table_schema, table_name, column_name) = (%s, %s, %s)"
        if not connexion.execute(colonne, [SCHEMA, "publication", "execution_id"]).fetchone():
            return None
        ligne = connexion.execute(sql.SQL("select execution_id from {}").format(sql.Identifier(SCHEMA, "publication"))).fetchone()
        return ligne[0] if ligne else None


RAISONS = {
    "28P01": "mot de passe refusé", "28000": "compte refusé", "3D000": "base inconnue", "53300": "trop de connexions",
    "57P03": "serveur indisponible", "password authentication failed": "mot de passe refusé", "no password supplied": "mot de passe absent",
    "no pg_hba.conf entry": "connexion refusée par le serveur", "does not exist": "base ou compte inconnu",
    "too many clients": "trop de connexions", "starting up": "serveur indisponible", "shutting down": "serveur indisponible",
    "timeout": "sans réponse", "timed out": "sans réponse", "Connection refused": "connexion refusée",
    "No such file": "connexion refusée", "resolve host": "hôte introuvable", "translate host": "hôte introuvable",
    "Name or service not known": "hôte introuvable", "name resolution": "hôte introuvable", "SSL": "chiffrement refusé",
    "certificate": "chiffrement refusé",
}  # fmt: skip
"""What stops a connection, by SQL state or by words of the library, in words of ours."""


def _connecter(url: str) -> psycopg.Connection:
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except (psycopg.Error, ValueError):
        raise ErreurSocle(
            "SOCLE_POSTGRES_URL illisible : écrivez postgresql://compte:mot_de_passe@serveur:5432/base, les signes du mot de"
            " passe qui ne sont ni lettres ni chiffres sous leur forme %XX (« @ » : %40). La publication précédente reste en place."
        ) from None
    try:
        return psycopg.connect(url, connect_timeout=15, application_name="socle")
    # The library quotes the address: of a password with a sign of its own, a part is taken for the host or the port.
    except (psycopg.Error, ValueError, OSError) as erreur:
        texte = f"{getattr(erreur, 'sqlstate', None) or ''} {erreur}"
        motif = next((raison for signe, raison in RAISONS.items() if signe in texte), "connexion impossible")
        raise ErreurSocle(
            f"Publication PostgreSQL impossible ({motif}) : vérifiez SOCLE_POSTGRES_URL et le serveur."
            " La publication précédente reste en place."
        ) from None


@contextmanager
def _en_francais() -> Iterator[None]:
    try:
        yield
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
    return (str(erreur).strip() or type(erreur).__name__).splitlines()[0]


def _preparer_schema(connexion: psycopg.Connection, schema: str) -> None:
    trouve = connexion.execute(
        "select obj_description(n.oid, 'pg_namespace'), exists (select 1 from pg_class where relnamespace = n.oid)"
        " from pg_namespace as n where n.nspname = %s",
        [schema],
    ).fetchone()
    if trouve and trouve[0] != MARQUE and trouve[1]:
        raise ErreurSocle(
            f"Le schéma PostgreSQL « {schema} » contient déjà des tables que socle n'a pas écrites : renommez-le ou"
            " choisissez une autre base."
        )
    if not trouve:
        connexion.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
    connexion.execute(sql.SQL("comment on schema {} is {}").format(sql.Identifier(schema), sql.Literal(MARQUE)))


def _nom(table: Table) -> sql.Identifier:
    return sql.Identifier(SCHEMAS[table.schema], table.nom)


def _relations(connexion: psycopg.Connection, schema: str) -> list[tuple[str, bool, str | None]]:
    """What a schema holds but indexes: name, whether socle made it, comment.

    A table of ours has a constraint that checks nothing and bears its name: it follows the table into a dump, and neither
    a copy of the table nor the table under another name is taken for ours.
    """
    return connexion.execute(
        "select relname, exists (select 1 from pg_constraint where conrelid = pg_class.oid and conname = %s || relname),"
        " obj_description(oid, 'pg_class') from pg_class where relnamespace = %s::regnamespace and relkind not in ('i', 'I')",
        [MARQUE_TABLE, schema],
    ).fetchall()


def _marquer(connexion: psycopg.Connection, table: Table) -> None:
    connexion.execute(
        sql.SQL("alter table {} add constraint {} check (true)").format(_nom(table), sql.Identifier(MARQUE_TABLE + table.nom))
    )


def _verifier_les_tables(connexion: psycopg.Connection, tables: list[Table]) -> None:
    """Refuse to write over a table of the hospital; a table of a version that left no mark is known by our description."""
    for clef, schema in SCHEMAS.items():
        publiees = {table.nom: table for table in tables if table.schema == clef}
        etrangeres = [
            (publiees[nom], commentaire)
            for nom, la_notre, commentaire in _relations(connexion, schema)
            if nom in publiees and not la_notre
        ]
        if autres := sorted(t.nom for t, commentaire in etrangeres if commentaire is None or commentaire != t.commentaire):
            raise ErreurSocle(
                f"Le schéma PostgreSQL « {schema} » contient {', '.join(autres)}, que socle n'a pas écrit et devrait remplacer :"
                " renommez ou supprimez, puis relancez. Rien n'a été changé, la publication précédente reste en place."
            )
        for table, _ in etrangeres:
            _marquer(connexion, table)


def _remplacer_table(connexion: psycopg.Connection, copie: duckdb.DuckDBPyConnection, table: Table) -> None:
    nom = _nom(table)
    voulues = [(colonne.nom, _type(table.nom, colonne.nom, colonne.type)) for colonne in table.colonnes]
    actuelles = connexion.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [f'{SCHEMAS[table.schema]}."{table.nom}"'],
    ).fetchall()
    memes = [(n, _normaliser(t)) for n, t in actuelles] == [(n, _normaliser(t)) for n, t in voulues]
    if actuelles and memes:
        connexion.execute(sql.SQL("delete from {}").format(nom))
    else:
        if actuelles:
            _detacher(connexion, vers=nom)
        connexion.execute(sql.SQL("drop table if exists {}").format(nom))
        colonnes = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(n), sql.SQL(t))
            for n, t in voulues  # type: ignore[arg-type]
        )
        connexion.execute(sql.SQL("create table {} ({})").format(nom, colonnes))
        _marquer(connexion, table)
    lignes = copie.execute(f"select * from {table.relation()}")
    with connexion.cursor() as curseur, curseur.copy(sql.SQL("copy {} from stdin").format(nom)) as flux:
        while bloc := lignes.fetchmany(10_000):
            for ligne in bloc:
                flux.write_row(ligne)
    connexion.execute(sql.SQL("comment on table {} is {}").format(nom, sql.Literal(table.commentaire)))
    for colonne in table.colonnes:
        connexion.execute(
            sql.SQL("comment on column {}.{} is {}").format(nom, sql.Identifier(colonne.nom), sql.Literal(colonne.commentaire))
        )


def _detacher(connexion: psycopg.Connection, vers: sql.Identifier | None = None, de: sql.Identifier | None = None) -> None:
    """Take away our own references to a table that is to be made again or dropped, or those of a table that is no longer ours."""
    for schema, nom, contrainte in connexion.execute(
        "select n.nspname, c.relname, k.conname from pg_constraint as k inner join pg_class as c on c.oid = k.conrelid"
        " inner join pg_namespace as n on n.oid = c.relnamespace"
        " where k.contype = 'f' and k.conname like %s and (k.confrelid = to_regclass(%s) or k.conrelid = to_regclass(%s))",
        [f"{MARQUE_TABLE}%", *(nom and nom.as_string(connexion) for nom in (vers, de))],
    ).fetchall():
        connexion.execute(
            sql.SQL("alter table {} drop constraint {}").format(sql.Identifier(schema, nom), sql.Identifier(contrainte))
        )


def _poser_les_cles(connexion: psycopg.Connection, tables: list[Table]) -> None:
    """Give the keys to the tables that were made again; the others have them, and altering them would wait for their readers."""
    par_nom = {table.nom: table for table in tables}
    posees = {
        table.nom: dict(
            connexion.execute(
                "select conname, contype::text from pg_constraint where conrelid = %s::regclass",
                [_nom(table).as_string(connexion)],
            ).fetchall()
        )
        for table in tables
    }
    for table in tables:
        # PostgreSQL names the key: the index of a table that the hospital renamed keeps its own name.
        if table.cle and "p" not in posees[table.nom].values():
            connexion.execute(sql.SQL("alter table {} add primary key ({})").format(_nom(table), _liste(table.cle)))
    for table in tables:
        for lien in table.liens:
            contrainte = f"{MARQUE_TABLE}{table.nom}_{lien.vers}"[:63]
            if lien.vers in par_nom and contrainte not in posees[table.nom]:
                connexion.execute(
                    sql.SQL(
                        "alter table {} add constraint {} foreign key ({}) references {} ({}) deferrable initially deferred"
                    ).format(
                        _nom(table), sql.Identifier(contrainte), _liste(lien.colonnes), _nom(par_nom[lien.vers]),
                        _liste(lien.colonnes),
                    )
                )  # fmt: skip


def _liste(colonnes: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, colonnes))


def _type(table: str, colonne: str, genre: str) -> str:
    if trouve := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", genre):
        return f"numeric({trouve[1]},{trouve[2]})"
    if genre not in TYPES:
        raise ErreurSocle(f"marts.{table}.{colonne} est de type {genre}, que PostgreSQL n'a pas : donnez-lui un type simple.")
    return TYPES[genre]


def _normaliser(genre: str) -> str:
    return re.sub(r"numeric\((\d+)\)", r"numeric(\1,0)", genre.replace("timestamp without time zone", "timestamp"))


def _retirer_les_autres(connexion: psycopg.Connection, gardees: list[Table]) -> None:
    places = {(SCHEMAS[table.schema], table.nom) for table in gardees}
    for schema in SCHEMAS.values():
        for nom, la_notre, _ in _relations(connexion, schema):
            if not la_notre:
                _detacher(connexion, de=sql.Identifier(schema, nom))
            elif (schema, nom) not in places:
                _detacher(connexion, vers=sql.Identifier(schema, nom))
                connexion.execute(sql.SQL("drop table {}").format(sql.Identifier(schema, nom)))


def _ouvrir_a_la_lecture(connexion: psycopg.Connection, tables: list[Table]) -> list[str]:
    role = sql.Identifier(ROLE)
    if not connexion.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone():
        try:
            with connexion.transaction():
                connexion.execute(sql.SQL("create role {} nologin").format(role))
        except psycopg.errors.InsufficientPrivilege:
            return [
                f"Rôle PostgreSQL {ROLE} absent et impossible à créer : demandez « create role {ROLE} » à"
                " l'administrateur, puis accordez-le aux comptes des outils."
            ]
    for schema in SCHEMAS.values():
        connexion.execute(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), role))
    connexion.execute(sql.SQL("grant select on {} to {}").format(sql.SQL(", ").join(map(_nom, tables)), role))
    return []
