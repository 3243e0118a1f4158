"""What moved, on the terminal: the whole of it for « socle comparer », a few lines at the end of a run."""

from __future__ import annotations

from collections import Counter

from rich.console import Console

from socle.comparaison import MOUVEMENTS, Cellule, Comparaison, Mouvement, Valeurs
from socle.resultats.mots import RIEN, nombre, pourcentage, variation

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
    par_cellule: dict[Cellule, list[Mouvement]] = {}
    for mouvement in comparaison.mouvements or []:
        par_cellule.setdefault(mouvement.cellule, []).append(mouvement)
    montrees = parlantes(comparaison)
    for cellule in montrees:
        _, avant, apres = comparaison.cellules[cellule]
        console.print(
            f"{_phrase(comparaison, cellule)}{_ecarts(_ecart(avant[0], apres[0]), _ecart(avant[1], apres[1]))}", soft_wrap=True
        )
        for m in par_cellule.get(cellule, []):
            etapes = " → ".join(etape for etape in (m.etape_avant, m.etape_apres) if etape)
            console.print(
                f"    {nombre(m.nombre):>5} {m.libelle} : {MOUVEMENTS[m.mouvement]}{f' [{etapes}]' if etapes else ''}"
                f"{_ecarts(m.numerateur, m.denominateur)}",
                soft_wrap=True,
            )
    if autres := len(comparaison.cellules) - len(montrees):
        console.print(f"… et {autres} valeurs d'un axe dont seul le dénominateur commun a bougé.")
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
    for cellule in sorted(parlantes(comparaison), key=lambda c: _ampleur(*comparaison.cellules[c][1:]), reverse=True):
        par_ej.setdefault(cellule.finess_ej, []).append(cellule)
    for _, cellules in sorted(par_ej.items()):
        for cellule in cellules[:LIGNES_PAR_EJ]:
            pourquoi = ", ".join(f"{nombre(nb)} {libelle}" for libelle, nb in causes.get(cellule, Counter()).most_common())
            console.print(f"  {_phrase(comparaison, cellule)}{f' : {pourquoi}' if pourquoi else ''}", soft_wrap=True)
    autres = sum(len(cellules[LIGNES_PAR_EJ:]) for cellules in par_ej.values())
    suite = f"… et {autres} autres : " if autres else ""
    console.print(f"  {suite}« socle comparer » dit tout, unité par unité.", style="dim")


def parlantes(comparaison: Comparaison) -> list[Cellule]:
    """The cells to show: every value of an axis says the same when only the denominator that they share moved."""
    comptees = {m.cellule for m in comparaison.mouvements or [] if m.numerateur}
    return [
        cellule
        for cellule, (_, avant, apres) in comparaison.cellules.items()
        if cellule.axe == "TOUS" or cellule in comptees or avant.numerateur != apres.numerateur
    ]


def _phrase(comparaison: Comparaison, cellule: Cellule) -> str:
    periode, avant, apres = comparaison.cellules[cellule]
    cible = comparaison.cibles.get(cellule)
    nom = cellule.indicateur + ("" if cellule.axe == "TOUS" else f" ({cellule.axe})")
    return f"{cellule.finess_ej}  {nom}, {periode} : {_valeurs(avant, cible)} → {_valeurs(apres, cible)}"


def _ecarts(numerateur: int, denominateur: int) -> str:
    return f" (numérateur {variation(numerateur)}, dénominateur {variation(denominateur)})"


def _valeurs(valeurs: Valeurs, cible: float | None) -> str:
    if valeurs.numerateur is None:
        return RIEN
    if valeurs.denominateur is None:
        return nombre(valeurs.numerateur)
    return f"{pourcentage(valeurs.taux, cible)} ({nombre(valeurs.numerateur)} / {nombre(valeurs.denominateur)})"


def _ecart(avant: int | None, apres: int | None) -> int:
    return (apres or 0) - (avant or 0)


def _ampleur(avant: Valeurs, apres: Valeurs) -> tuple[float, int]:
    """How much an indicator moved: in points, then in units."""
    comptes = abs(_ecart(avant[0], apres[0])) + abs(_ecart(avant[1], apres[1]))
    return abs((apres.taux or 0) - (avant.taux or 0)), comptes
