"""Growth on Spark: ``.venv-spark/bin/python benchmarks/region.py [--echelle 1 --echelle 20]``.

For each size of the demonstration, in one run: DuckDB (2 threads), the export, then Spark on one and on two processors. A line
is: rows sent, seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

RACINE = Path(__file__).resolve().parents[1]


def _chronometrer(environnement: dict[str, str], *arguments: str) -> float:
    debut = time.time()
    resultat = subprocess.run(
        [sys.executable, "-m", "socle.cli", *arguments],
        env=os.environ | environnement, cwd=RACINE, capture_output=True, text=True,
    )  # fmt: skip
    if resultat.returncode:
        raise click.ClickException(resultat.stderr[-2000:])
    return time.time() - debut


@click.command()
@click.option("--echelle", type=float, multiple=True, default=(1.0, 20.0), show_default=True)
@click.option("--maitre", multiple=True, default=("local[2]", "local[1]"), show_default=True)
def main(echelle: tuple[float, ...], maitre: tuple[str, ...]) -> None:
    """Print the table."""
    print(
        "| échelle | lignes envoyées | DuckDB, s | envoi, s | " + " | ".join(f"Spark {m}, s" for m in maitre) + " |", flush=True
    )
    for taille in echelle:
        with tempfile.TemporaryDirectory(prefix="socle_region_") as dossier:
            exports, sortie, envoi = (str(Path(dossier, nom)) for nom in ("exports", "sortie", "envoi"))
            commun = {
                "SOCLE_EXPORTS": exports,
                "SOCLE_SORTIE": sortie,
                "SOCLE_DATE_EXTRACTION": "2023-12-31",
                "SOCLE_MEMOIRE": "4GB",
            }
            _chronometrer(commun, "demo", "--dossier", exports, "--echelle", str(taille), "--tables")
            duck = _chronometrer(commun, "run", "--sans-qualite", "--sans-publication")
            envoyer = _chronometrer(commun, "exporter", "--vers", envoi)
            relations = json.loads(Path(envoi, "manifeste.json").read_text(encoding="utf-8"))["relations"]
            lignes = sum(relation["lignes"] for relation in relations.values())
            durees = [
                _chronometrer(
                    commun | {"SOCLE_SORTIE": str(Path(dossier, f"region{rang}")), "SOCLE_SPARK_MAITRE": m},
                    "region",
                    "--depuis",
                    envoi,
                )
                for rang, m in enumerate(maitre)
            ]
            print(
                f"| {taille:g} | {lignes} | {duck:.0f} | {envoyer:.0f} | " + " | ".join(f"{d:.0f}" for d in durees) + " |",
                flush=True,
            )


if __name__ == "__main__":
    main()
