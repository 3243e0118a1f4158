"""Nodes and time of each layer of the last dbt command, from target/run_results.json.

    python benchmarks/noeuds.py [dossier target] [--lents N]

The time of a node is what dbt spent on it; two threads work at once, so that the layers add up to more than the build.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

ORDRE = ("seeds", "staging", "intermediate", "populations", "marts", "synthese", "qualite", "tests", "tests unitaires")


@dataclass
class Couche:
    """Seconds of the nodes of one layer, and their names."""

    durees: list[tuple[float, str]] = field(default_factory=list)

    @property
    def total(self) -> float:
        """Seconds spent on all nodes."""
        return sum(duree for duree, _ in self.durees)


def couche(noeud: dict) -> str:
    """Layer of a node of the manifest."""
    match noeud["resource_type"]:
        case "model":
            dossiers = noeud["fqn"][1:]
            return "synthese" if dossiers[:2] == ["marts", "synthese"] else dossiers[0]
        case "unit_test":
            return "tests unitaires"
        case genre:
            return f"{genre}s"


def lire(target: Path) -> tuple[dict[str, Couche], float]:
    """Layers of the last command, and its elapsed seconds.

    Raises:
        click.ClickException: no run_results.json or manifest.json in the folder.
    """
    try:
        resultats = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
        manifeste = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError as erreur:
        raise click.ClickException(f"{erreur.filename} n'existe pas : lancez d'abord « dbt build ».") from None
    noeuds = manifeste["nodes"] | manifeste.get("unit_tests", {})
    couches: dict[str, Couche] = defaultdict(Couche)
    for resultat in resultats["results"]:
        noeud = noeuds.get(resultat["unique_id"])
        if noeud:
            couches[couche(noeud)].durees.append((resultat["execution_time"], noeud["name"]))
    return couches, resultats["elapsed_time"]


@click.command(help="Nœuds et temps de chaque couche de la dernière commande dbt.")
@click.argument("target", type=click.Path(path_type=Path), default=Path(__file__).resolve().parents[1] / "target")
@click.option("--lents", default=10, show_default=True, help="Nombre de nœuds les plus lents à montrer.")
def main(target: Path, lents: int) -> None:
    """Print the table of the layers, then the slowest nodes."""
    couches, ecoule = lire(target)
    console = Console()
    table = Table("couche", "nœuds", "secondes", "ms par nœud")
    for colonne in table.columns[1:]:
        colonne.justify = "right"
    for nom in sorted(couches, key=lambda nom: ORDRE.index(nom) if nom in ORDRE else len(ORDRE)):
        c = couches[nom]
        table.add_row(nom, str(len(c.durees)), f"{c.total:.1f}", f"{1000 * c.total / len(c.durees):.0f}")
    total = sum(c.total for c in couches.values())
    nombre = sum(len(c.durees) for c in couches.values())
    table.add_row("total", str(nombre), f"{total:.1f}", f"{1000 * total / max(nombre, 1):.0f}", style="bold")
    console.print(table)
    console.print(f"Durée de la commande : {ecoule:.1f} s")
    for duree, nom in sorted((d for c in couches.values() for d in c.durees), reverse=True)[:lents]:
        console.print(f"  {duree:6.2f} s  {nom}", highlight=False)


if __name__ == "__main__":
    main()
