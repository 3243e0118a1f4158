"""Do DuckDB and Spark give the same rows? Landing zones built apart on DuckDB, merged in one build on Spark, compared exactly.

python tests/parite_spark.py [--sans-demonstration] [--garder DOSSIER]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from socle.lecture.lac import LIGNES_PAR_FICHIER
from socle.parametres import Parametres
from socle.region.reception import Site, construire

RACINE = Path(__file__).resolve().parents[1]
PARTAGE = Path(os.environ.get("SOCLE_SHARED", RACINE.parent / "shared"))
SCHEMAS = ("reference", "intermediaire", "populations", "marts", "qualite")
DATE_EXTRACTION = "2023-12-31"
NON_COMPAREES = {("qualite", "execution"): "the number and the time of the build"}
COMMUNES = {"dimension_calendrier", "dimension_indicateurs", "dimension_types_documents", "int_besoins", "variables"}
"""Tables whose rows are of no establishment: those that several sites have are there once."""


def construire_un_site(exports: Path, dossier: Path) -> Path:
    """The export of a site, after its build on DuckDB."""
    environnement = os.environ | {"SOCLE_EXPORTS": str(exports), "SOCLE_SORTIE": str(dossier / "sortie")}
    for arguments in (("run", "--sans-qualite", "--sans-publication"), ("exporter", "--vers", str(dossier / "envoi"))):
        subprocess.run([sys.executable, "-m", "socle.cli", *arguments], env=environnement, cwd=RACINE, check=True)
    return dossier / "envoi"


def _lire_spark(spark: Any, dossier: Path) -> pa.Table:
    """Rows of a table, from its files, or of a view."""
    if fichiers := sorted(dossier.glob("*.parquet")):
        return pa.concat_tables(pq.read_table(fichier) for fichier in fichiers)
    return spark.table(f"{dossier.parent.stem}.{dossier.name}").toArrow()


def comparer(sites: dict[Path, Site], tables_spark: Path) -> dict[str, list[str]]:
    """Compare every table of every site with what Spark made of all of them; differences, by schema."""
    from pyspark.sql import SparkSession

    # The session in which the build was made.
    spark = SparkSession.builder.getOrCreate()
    # The views of a warehouse name it: each has a connection of its own.
    entrepots = [duckdb.connect(str(entrepot), read_only=True) for entrepot in sites]
    differences: dict[str, list[str]] = {}
    for schema in SCHEMAS:
        tables = [
            nom
            for (nom,) in entrepots[0]
            .execute("select table_name from information_schema.tables where table_schema = ? order by 1", [schema])
            .fetchall()
            if (schema, nom) not in NON_COMPAREES
        ]
        construites = {ligne.tableName for ligne in spark.sql(f"show tables in {schema}").collect()}
        construites -= {nom for schema_exclu, nom in NON_COMPAREES if schema_exclu == schema}
        trouvees = [f"{nom} : que sur un des deux moteurs" for nom in sorted(construites ^ set(tables))]
        nb_lignes = 0
        for table in sorted(construites & set(tables)):
            obtenues = _lire_spark(spark, tables_spark / f"{schema}.db" / table)
            # Every site has the same seeds.
            lus = entrepots[:1] if schema == "reference" else entrepots
            attendues = [entrepot.execute(f"from {schema}.{table}").to_arrow_table() for entrepot in lus]
            types = entrepots[0].execute(f"describe {schema}.{table}").fetchall()
            colonnes = [(nom, genre) for nom, genre, *_ in types]
            nb, ecart = _comparer_une_table(colonnes, attendues, obtenues, list(sites.values()), table in COMMUNES)
            nb_lignes += nb
            trouvees += [f"{table} : {ecart}"] if ecart else []
        differences[schema] = trouvees
        print(f"{schema} : {len(tables)} tables, {nb_lignes} lignes, {'identique' if not trouvees else 'DIFFÉRENT'}")
        for trouvee in trouvees:
            print(f"  {trouvee}", flush=True)
    return differences


def _comparer_une_table(
    colonnes: list[tuple[str, str]], attendues: list[pa.Table], obtenues: pa.Table, sites: list[Site], commune: bool
) -> tuple[int, str]:
    """Rows expected, and how they differ from those obtained, cast to DuckDB's types; empty when they do not."""
    noms = [nom for nom, _ in colonnes]
    if noms != obtenues.column_names:
        return 0, f"colonnes {sorted(set(noms) ^ set(obtenues.column_names)) or 'dans un autre ordre'}"
    with duckdb.connect(":memory:") as moteur:
        moteur.register("obtenues", obtenues)
        moteur.execute(
            "create table obtenu as select "
            + ", ".join(f'cast("{n}" as {genre}) as "{n}"' for n, genre in colonnes)
            + " from obtenues"
        )
        moteur.execute("create table attendu as from obtenu limit 0")
        for site, siennes in zip(sites, attendues, strict=False):
            moteur.register("lues", siennes)
            lues = f"select {', '.join(_de_tous(nom, site) for nom in noms)} from lues"
            if commune:
                lues = f"({lues}) except all from attendu"
            elif "finess_ej" in noms:
                # What tells no establishment is told once of all the sites.
                connues = f"({lues} where finess_ej is null) except all from attendu"
                lues = f"{lues} where finess_ej is not null union all ({connues})"
            moteur.execute(f"insert into attendu {lues}")
        manquent = moteur.execute("from attendu except all from obtenu order by all").fetchall()
        en_trop = moteur.execute("from obtenu except all from attendu order by all").fetchall()
        ((nb,),) = moteur.execute("select count(*) from attendu").fetchall()
    if not manquent and not en_trop:
        return nb, ""
    return nb, (
        f"{nb} lignes, {len(manquent)} manquent, {len(en_trop)} en trop\n    DuckDB {manquent[:2]}\n    Spark  {en_trop[:2]}"
    )


def _de_tous(colonne: str, site: Site) -> str:
    """What names a file of a site, as it does among those of all the sites."""
    if colonne in ("ligne_source", "rang_fichier"):
        return f'"{colonne}" + {site.rang_depart * LIGNES_PAR_FICHIER}'
    if colonne == "fichier":
        return f"case when finess_ej is null then '{site.cle}/' || fichier else fichier end"
    return f'"{colonne}"'


def main() -> int:
    """Build, compare, tell; 0 when everything is the same."""
    options = argparse.ArgumentParser()
    options.add_argument("--sans-demonstration", action="store_true")
    options.add_argument("--garder", type=Path)
    choix = options.parse_args()
    os.umask(0o077)
    os.environ |= {"SOCLE_DATE_EXTRACTION": DATE_EXTRACTION, "SOCLE_MEMOIRE": "4GB"}
    debut = time.time()
    with tempfile.TemporaryDirectory(prefix="socle_parite_") as provisoire:
        travail = choix.garder or Path(provisoire)
        zones = {"golden": PARTAGE / "golden_v2" / "exports"} if PARTAGE.is_dir() else {}
        if not choix.sans_demonstration or not zones:
            zones["demonstration"] = travail / "exports"
            subprocess.run(
                [sys.executable, "-m", "socle.cli", "demo", "--dossier", str(travail / "exports"), "--echelle", "0.5"], check=True
            )
        envois = {nom: construire_un_site(exports, travail / nom) for nom, exports in zones.items()}
        print(f"DuckDB : {time.time() - debut:.0f} s", flush=True)
        depart = time.time()
        sites = construire(list(envois.values()), "spark_local", Parametres(sortie=travail / "region"))
        print(f"Spark : {time.time() - depart:.0f} s", flush=True)
        entrepots = {site.dossier.parent / "sortie" / "entrepot.duckdb": site for site in sites}
        differences = comparer(entrepots, travail / "region" / "spark" / "entrepot")
        jvm = int(subprocess.run(["ps", "-o", "rss=", "-C", "java"], capture_output=True, text=True).stdout.split()[0]) >> 10
        print(f"{sum(len(site.ej) for site in sites)} EJ de {len(sites)} sites, {time.time() - debut:.0f} s, java {jvm} Mo")
    return int(any(differences.values()))


if __name__ == "__main__":
    sys.exit(main())
