"""Small counts are hidden, and what would let a reader find them again.

A count of 1 to n − 1 is hidden; so is a part whose rest would be, a count that another reading moves by so little, what
is computed from any of them, every step of a funnel
that has one, and the total of an axis (or all the activities of a month) when the others would give the hidden one by
subtraction. Subtracting overlapping
periods from each other is not prevented.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

MASQUE = "masque"
"""Column that says of a row that one of its counts is hidden: a missing one is not."""


@cache
def roles() -> dict[str, Any]:
    """The role of each column of the marts."""
    with Path(__file__).with_name("secret.toml").open("rb") as fichier:
        return tomllib.load(fichier)


def inconnues(colonnes: Sequence[str]) -> list[str]:
    """Columns without a role: nothing says that they hide nobody."""
    r = roles()
    connues = {*r["libres"], *r["caches"], *r["comptes"], *r["derivees"], *r["parties"], *r["parties"].values(), *r["ensembles"]}
    if _est_un_entonnoir(colonnes):
        connues.add("nb")
    return [colonne for colonne in colonnes if colonne not in connues]


def requete(relation: str, colonnes: Sequence[str], seuil: int) -> str:
    """The query that gives a mart without its small counts.

    Args:
        relation: the mart.
        colonnes: its columns, all of them, in order.
        seuil: smallest count shown; below 2 nothing is hidden.
    """
    liste = ", ".join(f'"{colonne}"' for colonne in colonnes)
    if seuil < 2:
        return f"select {liste} from {relation}"
    if _est_un_entonnoir(colonnes):
        return _requete_entonnoir(relation, colonnes, seuil)
    caches = _conditions(set(colonnes), seuil)
    marques = ", ".join(["*", *(f"{condition} as {_marque(colonne)}" for colonne, condition in caches.items())])
    sources = f"select {marques} from {relation}"
    if "axe" in colonnes and caches:
        cles = [c for c in ("indicateur", "finess_ej", "periode_debut", "periode_fin") if c in colonnes]
        sources = _proteger_totaux(sources, list(caches), cles, seuil)
    if "activite" in colonnes and caches:
        sources = _proteger_repartition(sources, list(caches), ["finess_ej", "periode_debut", "periode_fin"], seuil)
    derivees = {d: [s for s in de if s in caches] for d, de in roles()["derivees"].items()}
    perdues = {*inconnues(colonnes), *roles()["caches"]}
    sorties = []
    for colonne in colonnes:
        if colonne == MASQUE:
            sorties.append(f'({" or ".join(["false", *map(_marque, caches)])}) as "{MASQUE}"')
        elif colonne in perdues:
            sorties.append(f'null as "{colonne}"')
        elif colonne in caches:
            sorties.append(f'case when not {_marque(colonne)} then "{colonne}" end as "{colonne}"')
        elif derivees.get(colonne):
            condition = " or ".join(_marque(s) for s in derivees[colonne])
            sorties.append(f'case when not ({condition}) then "{colonne}" end as "{colonne}"')
        else:
            sorties.append(f'"{colonne}"')
    return f"select {', '.join(sorties)} from ({sources})"


def _conditions(presentes: set[str], seuil: int) -> dict[str, str]:
    """When each count of a table is hidden, as SQL."""
    r = roles()
    parties = {partie: tout for partie, tout in r["parties"].items() if {partie, tout} <= presentes}
    seuls = {*r["comptes"], *r["parties"], *r["parties"].values(), *r["ensembles"]} & presentes
    conditions = {colonne: _petit(_q(colonne), seuil) for colonne in sorted(seuls)}
    variantes = {autre: retenu for autre, retenu in r["variantes"].items() if {autre, retenu} <= presentes}
    for autre, retenu in variantes.items():
        conditions[autre] += f" or {_petit(f'abs({_q(autre)} - {_q(retenu)})', seuil)}"
    for partie, tout in parties.items():
        conditions[partie] += f" or {_petit(f'{_q(tout)} - {_q(partie)}', seuil)} or {conditions[tout]}"
    for ensemble, contenus in r["ensembles"].items():
        for contenu in contenus:
            if {ensemble, contenu} <= presentes:
                conditions[ensemble] += f" or {_petit(f'{_q(ensemble)} - {_q(contenu)}', seuil)}"
    for autre, retenu in variantes.items():
        conditions[autre] += f" or {conditions[retenu]}"
    return conditions


def _est_un_entonnoir(colonnes: Sequence[str]) -> bool:
    return {"etape", "nb", "indicateur", "finess_ej", "periode_debut"} <= set(colonnes)


def _q(colonne: str) -> str:
    return f'"{colonne}"'


def _marque(colonne: str) -> str:
    return f'"{colonne} caché"'


def _petit(expression: str, seuil: int) -> str:
    return f"coalesce({expression} between 1 and {seuil - 1}, false)"


def _proteger_totaux(sources: str, comptes: list[str], cles: list[str], seuil: int) -> str:
    """Hide the count of the axis' total when the hidden ones of its values are too few to hide each other."""
    fenetre = f"over (partition by {', '.join(_q(c) for c in cles)})"
    lignes = []
    for compte in comptes:
        marque = _marque(compte)
        detail = f"filter (where axe <> 'TOUS' and {marque}) {fenetre}"
        lignes.append(
            f"({marque} or axe = 'TOUS' and"
            f" (count(*) {detail} = 1 or coalesce(sum({_q(compte)}) {detail}, {seuil}) < {seuil})) as {marque}"
        )
    return f"select * replace ({', '.join(lignes)}) from ({sources})"


def _proteger_repartition(sources: str, comptes: list[str], cles: list[str], seuil: int) -> str:
    """Hide a count for all the activities when too few are hidden: their total is a denominator of another table."""
    fenetre = f"over (partition by {', '.join(_q(c) for c in cles)})"
    lignes = []
    for compte in comptes:
        marque = _marque(compte)
        caches = f"filter (where {marque}) {fenetre}"
        lignes.append(
            f"({marque} or count(*) {caches} = 1 or coalesce(sum({_q(compte)}) {caches}, {seuil}) < {seuil}) as {marque}"
        )
    return f"select * replace ({', '.join(lignes)}) from ({sources})"


def _requete_entonnoir(relation: str, colonnes: Sequence[str], seuil: int) -> str:
    """Hide all the steps of a funnel where one is small; ALIMENTE is the numerator and is hidden as it is."""
    fenetre = "over (partition by indicateur, finess_ej, periode_debut)"
    atteints, total = f"sum(nb) filter (where etape = 'ALIMENTE') {fenetre}", f"sum(nb) {fenetre}"
    sorties = ", ".join(
        'case when not cache then nb end as "nb"' if c == "nb" else "null" if c in inconnues(colonnes) else f'"{c}"'
        for c in colonnes
    )
    return f"""
        select {sorties} from (
            select *,
                {_petit(atteints, seuil)} or {_petit(total, seuil)} or {_petit(f"{total} - {atteints}", seuil)}
                or etape <> 'ALIMENTE' and max(case when {_petit("nb", seuil)} then 1 else 0 end) {fenetre} = 1 as cache
            from {relation}
        )
    """
