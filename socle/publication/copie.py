"""The copies for BI tools, made beside the current ones and put in their place by renames."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet

from socle import sorties
from socle.entrepot import connecter, lire_execution, ouvrir
from socle.execution import sans_interruption
from socle.lecture.classeurs import extension
from socle.lecture.sql import texte_sql
from socle.parametres import ErreurSocle
from socle.publication import secret
from socle.publication.bilan import Bilan, TablePubliee
from socle.publication.tables import (
    DETAILS,
    PREMIERES,
    Colonne,
    Table,
    lire_tables,
    premieres_activites,
    requete_lisible,
)

FORMAT = "v0.10.3"
"""Version of DuckDB whose storage the copy keeps: that one and the later ones open it; former ones do not, whatever is asked."""
TABLEUR = "indicateurs"
"""Name, without its extension, of the long table as a spreadsheet opens it."""


def publier_copies(entrepot: Path, sortie: Path, seuil: int, postgres_url: str | None) -> Bilan:
    """See ``socle.publication.publier``."""
    dossier = sortie / sorties.PUBLICATION
    try:
        with sorties.preparation(sortie) as prepare:
            nouveau = prepare / sorties.PUBLICATION
            (nouveau / "parquet" / DETAILS).mkdir(parents=True)
            with ouvrir(entrepot=entrepot, debordement=prepare / "tmp") as connexion:
                tables = lire_tables(connexion, "entrepot", ["marts"])
                comptes = _copier(connexion, tables, nouveau, seuil)
            avertissements = mettre_en_place(prepare, sortie, (sorties.PUBLICATION,), postgres_url)
    except (OSError, duckdb.Error) as erreur:
        raise ErreurSocle(
            f"Publication impossible dans {dossier} ({str(erreur).splitlines()[0]}) : la précédente reste en place."
        ) from erreur
    noms = {table.nom: table.noms for table in tables}
    return Bilan(
        tables=tuple(
            TablePubliee(nom, nb, tuple(secret.inconnues(noms[nom])) if seuil > 1 and nom in noms else ())
            for nom, nb in sorted(comptes.items())
        ),
        duckdb=dossier / sorties.MARTS_PUBLIES,
        parquet=dossier / "parquet",
        postgres=bool(postgres_url),
        avertissements=avertissements,
    )


def mettre_en_place(prepare: Path, sortie: Path, parties: Iterable[str], postgres_url: str | None) -> tuple[str, ...]:
    """Put prepared parts in their places, PostgreSQL among them: its tables are ready before the first change is seen.

    Args:
        prepare: folder laid out as the output folder; where there is a database, it has a publication.
        sortie: output folder.
        parties: as in ``socle.sorties.mettre_en_place``.
        postgres_url: database to publish into, if any.

    Returns:
        French warnings of PostgreSQL.

    Raises:
        ErreurSocle: PostgreSQL refused; nothing was replaced.
    """
    if not postgres_url:
        with sans_interruption():
            sorties.mettre_en_place(prepare, sortie, parties)
        return ()
    from socle.publication.postgres import remplacer

    with connecter(prepare / sorties.PUBLICATION / sorties.MARTS_PUBLIES) as copie:
        with (
            remplacer(copie, lire_tables(copie, "socle_marts", [PREMIERES, DETAILS]), postgres_url) as remplacement,
            sans_interruption(),
        ):
            remplacement.valider()
            sorties.mettre_en_place(prepare, sortie, parties)
        return remplacement.avertissements


def _copier(connexion: duckdb.DuckDBPyConnection, tables: list[Table], dossier: Path, seuil: int) -> dict[str, int]:
    """Write the copies in a folder; give the number of rows of each table."""
    connexion.execute(f"attach {texte_sql(str(dossier / sorties.MARTS_PUBLIES))} as copie (storage_version {texte_sql(FORMAT)})")
    connexion.execute("begin")
    connexion.execute(f"create schema copie.{PREMIERES}; create schema copie.{DETAILS}")
    connexion.execute(f"create temp table premieres_activites as {premieres_activites('entrepot.marts.indicateurs')}")
    comptes = {}
    for table in tables:
        lisible = requete_lisible(table, f'entrepot.marts."{table.nom}"', "premieres_activites")
        # The long table comes first: the others are read beside it.
        source = secret.requete(f"({lisible})", table.noms, seuil, f"copie.{PREMIERES}.indicateurs")
        types = ", ".join(f'cast("{c.nom}" as {c.type}) as "{c.nom}"' for c in table.colonnes)
        connexion.execute(f"create table {table.relation('copie.')} as select {types} from ({source})")
        comptes[table.nom] = _compter(connexion, table)
    _decrire_publication(connexion, seuil)
    comptes |= {_PUBLICATION.nom: 1}
    publiees = sorted([*tables, _PUBLICATION, _LISEZ_MOI], key=lambda table: table.rang)
    _ecrire_lisez_moi(connexion, publiees, comptes | {_LISEZ_MOI.nom: len(publiees)})
    comptes[_LISEZ_MOI.nom] = _compter(connexion, _LISEZ_MOI)
    for table in publiees:
        _commenter(connexion, table)
    connexion.execute("commit")
    for table in publiees:
        place = dossier / "parquet" if table.schema == PREMIERES else dossier / "parquet" / table.schema
        _ecrire_parquet(connexion, table, place / f"{table.nom}.parquet")
    _ecrire_tableur(connexion, next(table for table in tables if table.nom == "indicateurs"), dossier)
    connexion.execute("detach copie")
    return comptes


def _compter(connexion: duckdb.DuckDBPyConnection, table: Table) -> int:
    ((nombre,),) = connexion.execute(f"select count(*) from {table.relation('copie.')}").fetchall()
    return nombre


def _ecrire_parquet(connexion: duckdb.DuckDBPyConnection, table: Table, fichier: Path) -> None:
    """Write a table, with its description and those of its columns as « description » of the schema and of the fields."""
    paquets = connexion.execute(f"select * from {table.relation('copie.')}").to_arrow_reader(100_000)
    champs = [
        champ.with_metadata({"description": colonne.commentaire or ""})
        for champ, colonne in zip(paquets.schema, table.colonnes, strict=True)
    ]
    schema = pyarrow.schema(champs, metadata={"description": table.commentaire or ""})
    with pyarrow.parquet.ParquetWriter(fichier, schema, compression="zstd") as sortie:
        for paquet in paquets:
            sortie.write_batch(pyarrow.RecordBatch.from_arrays(paquet.columns, schema=schema))


def _ecrire_tableur(connexion: duckdb.DuckDBPyConnection, table: Table, dossier: Path) -> None:
    """Write the long table as a workbook and as a CSV file for programs; codes stay text, with their leading zeros."""
    relation = table.relation("copie.")
    connexion.execute(f"load {texte_sql(str(extension()))}")
    classeur, texte = (texte_sql(str(dossier / f"{TABLEUR}.{suffixe}")) for suffixe in ("xlsx", "csv"))
    connexion.execute(f"copy {relation} to {classeur} (format xlsx, header true, sheet {texte_sql(table.nom)})")
    cites = ", ".join(f'"{colonne.nom}"' for colonne in table.colonnes if colonne.type == "VARCHAR")
    connexion.execute(f"copy {relation} to {texte} (format csv, header true, force_quote ({cites}))")


_LISEZ_MOI = Table(
    "lisez_moi",
    "Par où commencer : toutes les tables publiées, dans l’ordre où les lire.",
    (
        Colonne("rang", "INTEGER", "Ordre de lecture ; les mêmes rangs se valent"),
        Colonne("schema_publie", "VARCHAR", "Schéma de la table : marts (dans PostgreSQL, socle) ou details (socle_details)"),
        Colonne("nom_table", "VARCHAR", "Nom de la table, et de son fichier Parquet"),
        Colonne("description", "VARCHAR", "Ce qu’est une ligne"),
        Colonne("conseil", "VARCHAR", "Comment la lire sans se tromper"),
        Colonne("cle", "VARCHAR", "Colonnes qui distinguent une ligne d’une autre"),
        Colonne("nb_lignes", "BIGINT", "Nombre de lignes"),
    ),
)


def _ecrire_lisez_moi(connexion: duckdb.DuckDBPyConnection, tables: list[Table], comptes: dict[str, int]) -> None:
    colonnes = ", ".join(f'"{colonne.nom}" {colonne.type}' for colonne in _LISEZ_MOI.colonnes)
    connexion.execute(f"create table {_LISEZ_MOI.relation('copie.')} ({colonnes})")
    connexion.executemany(
        f"insert into {_LISEZ_MOI.relation('copie.')} values (?, ?, ?, ?, ?, ?, ?)",
        [
            [t.rang, t.schema, t.nom, t.commentaire, t.conseil, ", ".join(t.cle) or None, comptes[t.nom]]
            for t in tables
        ],
    )  # fmt: skip


_PUBLICATION = Table(
    "publication",
    "De quand sont ces données : une seule ligne.",
    (
        Colonne("execution_id", "VARCHAR", "Numéro de l’exécution qui a construit l’entrepôt"),
        Colonne("publie_le", "TIMESTAMP", "Instant de la publication (temps universel)"),
        Colonne("date_extraction", "DATE", "Dernier jour connu de l’entrepôt"),
        Colonne("version_socle", "VARCHAR", "Version du logiciel"),
        Colonne("secret_statistique", "INTEGER", "Plus petit effectif montré ; 0 : aucun n’est caché"),
    ),
)


def _decrire_publication(connexion: duckdb.DuckDBPyConnection, seuil: int) -> None:
    execution = lire_execution(connexion, "entrepot.")
    connexion.execute(
        f"create table {_PUBLICATION.relation('copie.')} as select cast(? as varchar) as execution_id, cast(? as timestamp) as publie_le,"
        " cast(? as date) as date_extraction, cast(? as varchar) as version_socle, cast(? as integer) as secret_statistique",
        [
            execution.numero,
            datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            execution.date_extraction,
            version("socle"),
            seuil,
        ],
    )


def _commenter(connexion: duckdb.DuckDBPyConnection, table: Table) -> None:
    if table.commentaire:
        connexion.execute(f"comment on table {table.relation('copie.')} is {texte_sql(table.commentaire)}")
    for colonne in table.colonnes:
        if colonne.commentaire:
            connexion.execute(f'comment on column {table.relation("copie.")}."{colonne.nom}" is {texte_sql(colonne.commentaire)}')
