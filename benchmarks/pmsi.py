"""Time of reading grouped RSS into typed staging: ``python benchmarks/pmsi.py [--rum 1000000] [--fois 5]``.

Writes one synthetic file of RUM (format 122; 2.5 diagnoses, 0.25 documentary data and 1.15 acts a line: 250 MB for a
million), reads it as raw lines into a table of a DuckDB file, then builds the staging models of the RUM, their diagnoses
and their acts with dbt, each in a process of its own, and prints the ratio of the two: that of each turn, whose two
measures follow each other on the same machine, and their median. The time of the models runs from the start of the first
to the end of the last, hooks included; the inventory, which hashes and counts every file, is printed beside.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import click
import duckdb
from rich.console import Console
from rich.table import Table

RACINE = Path(__file__).resolve().parents[1]
EJ = "010000001"
ETABLISSEMENTS = (
    "finess_ej;raison_sociale;ght;chirurgie;ace;laboratoire_interne;imagerie_interne;had;source_sejours;activite_combinee\n"
    f"{EJ};Banc d'essai;GHT;true;true;true;true;true;PMSI;8000\n"
)
MODELES = ("stg_pmsi__fichiers", "stg_pmsi__rss_rum", "stg_pmsi__rss_diagnostics", "stg_pmsi__rss_actes")
VISE = 3

RUM = """
copy (
    select
        '11' || ['05M092', '08C471', '04M052', '28Z04Z'][1 + i % 4] || ' 122000' || '{ej}' || '022'
        || rpad(rss, 20, ' ') || rpad('26' || rss, 20, ' ') || rpad(numero, 10, ' ')
        || strftime(naissance, '%d%m%Y') || (1 + i % 2) || ['1001', '1002', '2SC1', 'DIAL'][1 + i % 4] || '  '
        || strftime(entree, '%d%m%Y') || '8 ' || strftime(entree + duree, '%d%m%Y') || '8 ' || '29200' || repeat(' ', 14)
        || '00' || lpad(nb_das::varchar, 2, '0') || lpad(nb_dad::varchar, 2, '0') || lpad(nb_actes::varchar, 3, '0')
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


def par_dbt(exports: Path, dossier: Path) -> dict[str, tuple[float, float]]:
    """Start and end, in seconds, of each model of a build made from an empty warehouse."""
    sortie = dossier / "sortie"
    (sortie / "entrepot.duckdb").unlink(missing_ok=True)
    sortie.mkdir(exist_ok=True)
    (sortie / "profiles.yml").write_text((RACINE / "profiles.yml.example").read_text(encoding="utf-8"), encoding="utf-8")
    resultat = subprocess.run(
        [Path(sys.executable).parent / "dbt", "--quiet", "build", "--select", *(f"+{modele}" for modele in MODELES),
         "--exclude", "test_type:unit", "--target-path", sortie / "target"],
        env=os.environ | {
            "SOCLE_EXPORTS": str(exports), "SOCLE_SORTIE": str(sortie), "DBT_PROFILES_DIR": str(sortie),
            "DBT_LOG_PATH": str(sortie / "logs"), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        cwd=RACINE, capture_output=True, text=True,
    )  # fmt: skip
    if resultat.returncode:
        raise click.ClickException(resultat.stdout + resultat.stderr)
    durees = {}
    for noeud in json.loads((sortie / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]:
        instants = [datetime.fromisoformat(t[borne]) for t in noeud["timing"] for borne in ("started_at", "completed_at")]
        if instants:
            durees[noeud["unique_id"].split(".")[-1]] = (min(instants).timestamp(), max(instants).timestamp())
    return durees


@click.command()
@click.option("--rum", default=1_000_000, show_default=True, help="number of RUM")
@click.option("--fois", default=5, show_default=True, help="turns")
def main(rum: int, fois: int) -> None:
    """Print the medians and the ratio."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="socle-") as temporaire:
        dossier = Path(temporaire)
        fichier = dossier / "exports" / EJ / "pmsi" / "mco" / f"{EJ}.2025.6.rss.ini.txt"
        fichier.parent.mkdir(parents=True)
        (dossier / "exports" / "etablissements.csv").write_text(ETABLISSEMENTS, encoding="utf-8")
        with console.status("Écriture du fichier…"):
            duckdb.execute(RUM.format(ej=EJ, nombre=rum, chemin=fichier))
        brut, types, inventaire, detail = [], [], [], {}
        for essai in range(fois):
            with console.status(f"Mesure {essai + 1} sur {fois}…"):
                with ProcessPoolExecutor(1, get_context("spawn")) as processus:
                    brut.append(processus.submit(lignes_brutes, fichier, dossier).result())
                durees = par_dbt(dossier / "exports", dossier)
            types.append(max(durees[m][1] for m in MODELES) - min(durees[m][0] for m in MODELES))
            inventaire.append(durees["stg_reference__fichiers"][1] - durees["stg_reference__fichiers"][0])
            for modele in MODELES:
                detail.setdefault(modele, []).append(durees[modele][1] - durees[modele][0])
        with duckdb.connect(str(dossier / "sortie" / "entrepot.duckdb"), read_only=True) as connexion:
            nombres = {m: connexion.execute(f"select count(*) from staging.{m}").fetchall()[0][0] for m in MODELES}
        table = Table(
            "lecture", "lignes", "secondes", title=f"{rum:,} RUM, {fichier.stat().st_size / 1e6:.0f} Mo".replace(",", " ")
        )
        table.add_row("lignes brutes (DuckDB)", str(rum), f"{statistics.median(brut):.2f}")
        for modele in MODELES:
            table.add_row(modele, str(nombres[modele]), f"{statistics.median(detail[modele]):.2f}")
        table.add_row("inventaire (empreinte, encodage)", "", f"{statistics.median(inventaire):.2f}")
        table.add_row("staging typé", "", f"{statistics.median(types):.2f}")
        console.print(table)
        rapports = sorted(duree / reference for duree, reference in zip(types, brut, strict=True))
        detail_des_tours = ", ".join(f"{rapport:.2f}" for rapport in rapports)
        console.print(f"rapport : {statistics.median(rapports):.2f} (visé : {VISE} au plus ; tours : {detail_des_tours})")


if __name__ == "__main__":
    main()
