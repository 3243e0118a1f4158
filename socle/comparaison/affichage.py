"""What moved, on the terminal: the whole of it for « socle comparer », a few lines at the end of a run."""

from __future__ import annotations

from collections import Counter

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from socle.comparaison import MOUVEMENTS, Cellule, Comparaison, Mouvement, Valeurs
from socle.restitution import pourcentage

LIGNES_PAR_EJ = 4
"""How many indicators and periods of an establishment the end of a run names."""


def afficher(console: Console, comparaison: Comparaison) -> None:
    """Print everything that moved: each cell with its values, then its units by cause."""
    console.print(f"Depuis : {comparaison.avant}", soft_wrap=True)
    console.print(f"Aujourd'hui : {comparaison.apres}", soft_wrap=True)
    for phrase in comparaison.regles:
        console.print(phrase, soft_wrap=True)
    if not comparaison.cellules:
        console.print("Rien n'a bougé.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for titre in ("EJ", "Indicateur", "Période"):
        table.add_column(titre, no_wrap=True)
    table.add_column("Valeur, puis unités par cause", overflow="fold")
    for titre in ("Unités", "Num.", "Dén."):
        table.add_column(titre, justify="right", no_wrap=True)
    par_cellule: dict[Cellule, list[Mouvement]] = {}
    for mouvement in comparaison.mouvements or []:
        par_cellule.setdefault(mouvement.cellule, []).append(mouvement)
    for cellule, (periode, avant, apres) in comparaison.cellules.items():
        table.add_row(
            cellule.finess_ej,
            _nom(cellule),
            periode,
            f"{_valeurs(avant)} → {_valeurs(apres)}",
            "",
            _ecart(avant.numerateur, apres.numerateur),
            _ecart(avant.denominateur, apres.denominateur),
        )
        for m in par_cellule.get(cellule, []):
            etapes = " → ".join(etape for etape in (m.etape_avant, m.etape_apres) if etape)
            detail = f"  {m.libelle} : {MOUVEMENTS[m.mouvement]}{f' [{etapes}]' if etapes else ''}"
            table.add_row("", "", "", detail, str(m.nombre), f"{m.numerateur:+d}", f"{m.denominateur:+d}")
    console.print(table)
    if comparaison.mouvements is None:
        console.print("Les unités n'en sont pas gardées : seules les valeurs se comparent.")


def signaler(console: Console, comparaison: Comparaison) -> None:
    """Print, most moved first, a few of the periods that were known in full and are worth something else now."""
    if not comparaison.cellules:
        return
    causes: dict[Cellule, Counter[str]] = {}
    for m in comparaison.mouvements or []:
        causes.setdefault(m.cellule, Counter())[m.libelle] += m.nombre
    console.print(f"Des périodes entièrement connues ont changé depuis l'{comparaison.avant} :", style="yellow", soft_wrap=True)
    for phrase in comparaison.regles:
        console.print(f"  {phrase}", soft_wrap=True)
    par_ej: dict[str, list[Cellule]] = {}
    for cellule in sorted(comparaison.cellules, key=lambda c: _ampleur(*comparaison.cellules[c][1:]), reverse=True):
        par_ej.setdefault(cellule.finess_ej, []).append(cellule)
    autres = 0
    for finess, cellules in sorted(par_ej.items()):
        for cellule in cellules[:LIGNES_PAR_EJ]:
            periode, avant, apres = comparaison.cellules[cellule]
            pourquoi = ", ".join(f"{libelle} {nombre}" for libelle, nombre in causes.get(cellule, Counter()).most_common())
            console.print(
                f"  {finess}  {_nom(cellule)}, {periode} : {_valeurs(avant)} → {_valeurs(apres)}{f' ({pourquoi})' if pourquoi else ''}",
                soft_wrap=True,
            )
        autres += len(cellules[LIGNES_PAR_EJ:])
    suite = f"… et {autres} autres : " if autres else ""
    console.print(f"  {suite}« socle comparer » dit tout, unité par unité.", style="dim")


def _nom(cellule: Cellule) -> str:
    return cellule.indicateur + ("" if cellule.axe == "TOUS" else f" ({cellule.axe})")


def _valeurs(valeurs: Valeurs) -> str:
    if valeurs.numerateur is None:
        return "—"
    if valeurs.denominateur is None:
        return str(valeurs.numerateur)
    return f"{pourcentage(valeurs.taux)} ({valeurs.numerateur}/{valeurs.denominateur})"


def _ecart(avant: int | None, apres: int | None) -> str:
    return "" if avant is None and apres is None else f"{(apres or 0) - (avant or 0):+d}"


def _ampleur(avant: Valeurs, apres: Valeurs) -> tuple[float, int]:
    """How much an indicator moved: in points, then in units."""
    comptes = (abs((a or 0) - (b or 0)) for a, b in zip(avant[:2], apres[:2], strict=True))
    return abs((apres.taux or 0) - (avant.taux or 0)), sum(comptes)
