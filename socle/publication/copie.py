"""The copies for BI tools, made beside the current ones and put in their place by renames."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from socle import sorties
from socle.execution import sans_interruption
from socle.parametres import ErreurSocle
from socle.publication import Bilan, TablePubliee, secret

FICHIER = "socle_marts.duckdb"
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
class Table:
    """One published table."""

    nom: str
    commentaire: str | None
    colonnes: tuple[Colonne, ...]

    @property
    def noms(self) -> list[str]:
        """Names of the columns."""
        return [colonne.nom for colonne in self.colonnes]


def publier_copies(entrepot: Path, sortie: Path, seuil: int, postgres_url: str | None) -> Bilan:
    """See ``socle.publication.publier``."""
    dossier = sortie / sorties.PUBLICATION
    try:
        with sorties.preparation(sortie) as prepare:
            nouveau = prepare / sorties.PUBLICATION
            (nouveau / "parquet").mkdir(parents=True)
            with _ouvrir(entrepot, prepare / "tmp") as connexion:
                tables = _lire_tables(connexion)
                _copier(connexion, tables, nouveau / FICHIER, nouveau / "parquet", seuil)
            with duckdb.connect(str(nouveau / FICHIER), read_only=True) as copie:
                comptes = {
                    table.nom: copie.execute(f'select count(*) from marts."{table.nom}"').fetchall()[0][0]
                    for table in [*tables, _PUBLICATION]
                }
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
        duckdb=dossier / FICHIER,
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

    with duckdb.connect(str(prepare / sorties.PUBLICATION / FICHIER), read_only=True) as copie:
        with remplacer(copie, _lire_tables(copie, "socle_marts", "marts"), postgres_url) as remplacement, sans_interruption():
            remplacement.valider()
            sorties.mettre_en_place(prepare, sortie, parties)
        return remplacement.avertissements


@contextmanager
def _ouvrir(entrepot: Path, temporaire: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connexion:
        connexion.execute("set memory_limit = ?", [os.environ.get("SOCLE_MEMOIRE") or "4GB"])
        connexion.execute("set threads = ?", [int(os.environ.get("SOCLE_THREADS") or 2)])
        connexion.execute("set temp_directory = ?", [str(temporaire)])
        try:
            connexion.execute(f"attach {_texte(str(entrepot))} as entrepot (read_only)")
        except duckdb.Error as erreur:
            raise ErreurSocle(f"Entrepôt {entrepot} illisible ({str(erreur).splitlines()[0]}) : lancez « socle run ».") from None
        yield connexion


def _lire_tables(connexion: duckdb.DuckDBPyConnection, base: str = "entrepot", schema: str = "marts") -> list[Table]:
    relations = connexion.execute(
        "select table_name, comment from duckdb_tables() where database_name = $1 and schema_name = $2"
        " union all select view_name, comment from duckdb_views() where database_name = $1 and schema_name = $2"
        " order by 1",
        [base, schema],
    ).fetchall()
    if not relations:
        raise ErreurSocle("L'entrepôt n'a aucun indicateur à publier : lancez « socle run ».")
    tables = []
    for nom, commentaire in relations:
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
    return tables


def _copier(connexion: duckdb.DuckDBPyConnection, tables: list[Table], fichier: Path, parquet: Path, seuil: int) -> None:
    connexion.execute(f"attach {_texte(str(fichier))} as copie")
    connexion.execute("begin")
    connexion.execute("create schema copie.marts")
    for table in tables:
        source = secret.requete(f'entrepot.marts."{table.nom}"', table.noms, seuil)
        types = ", ".join(f'cast("{c.nom}" as {c.type}) as "{c.nom}"' for c in table.colonnes)
        connexion.execute(f'create table copie.marts."{table.nom}" as select {types} from ({source})')
    _decrire_publication(connexion, seuil)
    publiees = [*tables, _PUBLICATION]
    for table in publiees:
        _commenter(connexion, table)
    connexion.execute("commit")
    for table in publiees:
        chemin = _texte(str(parquet / f"{table.nom}.parquet"))
        connexion.execute(f'copy copie.marts."{table.nom}" to {chemin} (format parquet, compression zstd)')
    connexion.execute("detach copie")


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
    execution = sorties.lire_execution(connexion, "entrepot.")
    connexion.execute(
        "create table copie.marts.publication as select cast(? as varchar) as execution_id, cast(? as timestamp) as publie_le,"
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
        connexion.execute(f'comment on table copie.marts."{table.nom}" is {_texte(table.commentaire)}')
    for colonne in table.colonnes:
        if colonne.commentaire:
            connexion.execute(f'comment on column copie.marts."{table.nom}"."{colonne.nom}" is {_texte(colonne.commentaire)}')


def _texte(valeur: str) -> str:
    return "'" + valeur.replace("'", "''") + "'"
