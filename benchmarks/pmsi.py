"""Time of reading grouped RSS into the lake: ``python benchmarks/pmsi.py [--rum 1000000] [--fois 5]``.

Writes one synthetic file of RUM (format 122; 2.5 diagnoses, 0.25 documentary data and 1.15 acts a line: 250 MB for a
million) and another of which one line in a hundred is damaged; reads the first as raw lines into a table of a DuckDB file,
then brings a new lake up to date with each, every time in a process of its own, and prints the ratios to the raw lines: those
of each turn, whose measures follow each other on the same machine, and their medians. The inventory, which hashes and counts
every file, and the start-up, which is the lake of a single RUM, are taken out and printed beside.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click
import duckdb
from rich.console import Console
from rich.table import Table

from socle.lecture.depot import mettre_a_jour
from socle.lecture.inventaire import inventorier
from socle.lecture.pmsi_transmissions import PART_CUMULATIVE

EJ = "010000001"
ETABLISSEMENTS = (
    "finess_ej;raison_sociale;ght;chirurgie;ace;laboratoire_interne;imagerie_interne;had;source_sejours;activite_combinee\n"
    f"{EJ};Banc d'essai;GHT;true;true;true;true;true;PMSI;8000\n"
)
RELATIONS = ("rss_rum", "rss_diagnostics", "rss_actes")
VISES = {"sain": 2.5, "1 % de lignes abîmées": 3}

RUM = """
copy (
    select
        '11' || ['05M092', '08C471', '04M052', '28Z04Z'][1 + i % 4] || ' 122000' || '{ej}' || '022'
        || rpad(rss, 20, ' ') || rpad('26' || rss, 20, ' ') || rpad(numero, 10, ' ')
        || case when {abime} and i % 300 = 0 then '31022020' else strftime(naissance, '%d%m%Y') end || (1 + i % 2) || ['1001', '1002', '2SC1', 'DIAL'][1 + i % 4] || '  '
        || case when {abime} and i % 300 = 100 then '3X012025' else strftime(entree, '%d%m%Y') end || '8 ' || strftime(entree + duree, '%d%m%Y') || '8 ' || '29200' || repeat(' ', 14)
        || '00' || lpad((nb_das + ({abime} and i % 300 = 200)::int)::varchar, 2, '0') || lpad(nb_dad::varchar, 2, '0') || lpad(nb_actes::varchar, 3, '0')
        || rpad(['K590', 'J449', 'I10', 'S7200'][1 + i % 4], 8, ' ') || repeat(' ', 44)
        || array_to_string(list_transform(
            range(nb_das), lambda n: rpad(['I10', 'E119', 'J449', 'N185', 'Z992', 'S7200'][1 + (i + n) % 6], 8, ' ')
        ), '')
        || repeat('R53+2   ', nb_dad)
        || array_to_string(list_transform(
            range(nb_actes),
            lambda n: strftime(entree, '%d%m%Y') || ['HMFC004', 'YYYY600', 'DEQP003'][1 + (i + n) % 3] || '   01 N     01'
        ), '')
    from (
        select
            i, lpad((i - i // 6)::varchar, 7, '0') as rss, case when i % 6 = 5 then '2' else '1' end as numero,
            (hash(i, 1) % 6)::bigint as nb_das, (hash(i, 2) % 4 = 0)::bigint as nb_dad, (hash(i, 3) % 20 < 13)::bigint + (hash(i, 4) % 2)::bigint as nb_actes,
            (hash(i, 5) % 8)::int as duree, date '2025-01-05' + (hash(i, 6) % 170)::int as entree,
            date '1930-01-01' + (hash(i, 7) % 30000)::int as naissance
        from range({nombre}) as t(i)
    )
) to '{chemin}' (format csv, header false, quote '', escape '', delimiter '\x01')
"""


def lignes_brutes(fichier: Path, dossier: Path) -> float:
    """Seconds that DuckDB takes to read the lines of a file into a table of a new database."""
    base = dossier / "brut.duckdb"
    base.unlink(missing_ok=True)
    with duckdb.connect(str(base)) as connexion:
        debut = time.perf_counter()
        connexion.execute(
            f"create table lignes as select texte from read_csv('{fichier}', columns = {{'texte': 'varchar'}},"
            " auto_detect = false, header = false, delim = '\x01', quote = '', escape = '')"
        )
        return time.perf_counter() - debut


def par_le_lac(exports: Path, dossier: Path) -> tuple[float, float]:
    """Seconds of the inventory, then of a new lake without it."""
    for nom in ("inventaire", "lac"):
        shutil.rmtree(dossier / nom, ignore_errors=True)
        (dossier / nom).mkdir()
    debut = time.perf_counter()
    inventorier(exports, dossier / "inventaire")
    inventaire = time.perf_counter() - debut
    mettre_a_jour(exports, dossier / "lac", relire=False, variables={PART_CUMULATIVE: 0.5}, dire=lambda _: None)
    return inventaire, time.perf_counter() - debut - 2 * inventaire


def compter(lac: Path) -> dict[str, int]:
    """Rows of each relation of a lake."""
    return {
        relation: duckdb.execute(f"select count(*) from read_parquet('{lac}/pmsi/{relation}/*.parquet')").fetchall()[0][0]
        for relation in RELATIONS
    }


@click.command()
@click.option("--rum", default=1_000_000, show_default=True, help="number of RUM")
@click.option("--fois", default=5, show_default=True, help="turns")
def main(rum: int, fois: int) -> None:
    """Print the medians and the ratios."""
    console = Console()

    def a_part(fonction, *arguments):
        with ProcessPoolExecutor(1, get_context("spawn")) as processus:
            return processus.submit(fonction, *arguments).result()

    with tempfile.TemporaryDirectory(prefix="socle-") as temporaire:
        dossier = Path(temporaire)
        zones = {"demarrage": (1, False), "sain": (rum, False), "1 % de lignes abîmées": (rum, True)}
        fichiers = {}
        with console.status("Écriture des fichiers…"):
            for nom, (nombre, abime) in zones.items():
                fichiers[nom] = dossier / nom / EJ / "pmsi" / "mco" / f"{EJ}.2025.6.rss.ini.txt"
                fichiers[nom].parent.mkdir(parents=True)
                (dossier / nom / "etablissements.csv").write_text(ETABLISSEMENTS, encoding="utf-8")
                duckdb.execute(RUM.format(ej=EJ, nombre=nombre, chemin=fichiers[nom], abime=abime))
        brut, inventaire, demarrage = [], [], []
        types: dict[str, list[float]] = {nom: [] for nom in VISES}
        for essai in range(fois):
            with console.status(f"Mesure {essai + 1} sur {fois}…"):
                brut.append(a_part(lignes_brutes, fichiers["sain"], dossier))
                demarrage.append(a_part(par_le_lac, dossier / "demarrage", dossier)[1])
                for nom in VISES:
                    vue, lue = a_part(par_le_lac, dossier / nom, dossier)
                    types[nom].append(lue - demarrage[-1])
                    inventaire.append(vue)
                    nombres = compter(dossier / "lac")
        taille = fichiers["sain"].stat().st_size / 1e6
        table = Table("lecture", "secondes", title=f"{rum:,} RUM, {taille:.0f} Mo".replace(",", " "))
        table.add_row("lignes brutes (DuckDB)", f"{statistics.median(brut):.2f}")
        table.add_row("démarrage (un seul RUM)", f"{statistics.median(demarrage):.2f}")
        table.add_row("inventaire (empreinte, encodage)", f"{statistics.median(inventaire):.2f}")
        for nom, durees in types.items():
            table.add_row(f"lac, {nom}", f"{statistics.median(durees):.2f}")
        console.print(table)
        console.print(", ".join(f"{relation} : {nombre} lignes" for relation, nombre in nombres.items()))
        for nom, durees in types.items():
            rapports = [duree / reference for duree, reference in zip(durees, brut, strict=True)]
            tours = ", ".join(f"{rapport:.2f}" for rapport in sorted(rapports))
            console.print(f"rapport, {nom} : {statistics.median(rapports):.2f} (visé : {VISES[nom]} au plus ; tours : {tours})")


if __name__ == "__main__":
    main()
