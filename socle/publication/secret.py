"""Small counts are hidden, and what would let a reader find them again.

A count of 1 to n − 1 is hidden; so is a part whose rest would be, a count that another reading moves by so little, what
is computed from any of them, every step of a funnel
that has one, and the total of an axis (or all the activities of a month) when the others would give the hidden one by
subtraction. Where an establishment is cut into pôles, services and UF, its own figures are what others publish: it is one
more part that is hidden instead. Subtracting overlapping
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
NIVEAUX = ("POLE", "SERVICE", "UF")
"""Levels of the structures of an establishment, each within the one before."""


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


def requete(relation: str, colonnes: Sequence[str], seuil: int, totaux: str) -> str:
    """The query that gives a mart without its small counts.

    Args:
        relation: the mart.
        colonnes: its columns, all of them, in order.
        seuil: smallest count shown; below 2 nothing is hidden.
        totaux: the long table of the indicators once its own small counts are hidden: what the structures of an establishment add up to.
    """
    liste = ", ".join(f'"{colonne}"' for colonne in colonnes)
    if seuil < 2:
        return f"select {liste} from {relation}"
    if _est_un_entonnoir(colonnes):
        return _requete_entonnoir(relation, colonnes, seuil)
    if {"niveau", "structure_id", "structure_parente"} <= set(colonnes):
        return _requete_structures(relation, colonnes, seuil, totaux)
    caches = _conditions(set(colonnes), seuil)
    marques = ", ".join(["*", *(f"{condition} as {_marque(colonne)}" for colonne, condition in caches.items())])
    sources = f"select {marques} from {relation}"
    if "axe" in colonnes and caches:
        cles = [c for c in ("indicateur", "finess_ej", "periode_debut", "periode_fin") if c in colonnes]
        # The total is that of the values.
        sources = _proteger(sources, list(caches), cles, seuil, visees="axe = 'TOUS'", parmi="axe <> 'TOUS'")
    if "activite" in colonnes and caches:
        # The total of the activities is a denominator of another table.
        cles = ["finess_ej", "periode_debut", "periode_fin"]
        sources = _proteger(sources, list(caches), cles, seuil, visees="true", parmi="true")
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


def _proteger(sources: str, comptes: list[str], cles: list[str], seuil: int, visees: str, parmi: str) -> str:
    """Hide counts where the hidden ones that are beside them are too few to hide each other.

    Args:
        sources: query of the counts and of their marks.
        comptes: the counts.
        cles: columns whose rows are beside each other.
        seuil: smallest count shown.
        visees: condition on the rows to hide.
        parmi: condition on the hidden ones.
    """
    fenetre = f"over (partition by {', '.join(_q(c) for c in cles)})"
    lignes = []
    for compte in comptes:
        marque = _marque(compte)
        caches = f"filter (where {parmi} and {marque}) {fenetre}"
        lignes.append(
            f"({marque} or {visees}"
            f" and (count(*) {caches} = 1 or coalesce(sum({_q(compte)}) {caches}, {seuil}) < {seuil})) as {marque}"
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


def _requete_structures(relation: str, colonnes: Sequence[str], seuil: int, totaux: str) -> str:
    """Hide the small counts of the structures, level by level, and as many of their neighbours as it takes.

    What a structure holds is hidden whole where it is hidden itself. Elsewhere its parts add up to what is shown of it: the
    hidden ones are at least two, and neither all that they count nor what is left of it is small. Neighbours are chosen by
    their denominator alone, so that indicators with the same one hide the same.
    """
    periode = ("indicateur", "finess_ej", "periode_debut", "axe")
    cles = ", ".join(f"s.{_q(c)}" for c in periode)
    meme_periode = " and ".join(f"s.{_q(c)} = p.{_q(c)}" for c in periode)
    etages = []
    for rang, niveau in enumerate(NIVEAUX):
        if rang == 0:
            parent = f"left join {totaux} as p on {meme_periode}"
            d_parent, n_parent = "p.denominateur is null", "p.numerateur is null"
        else:
            parent = f"left join {NIVEAUX[rang - 1]} as p on {meme_periode} and s.structure_parente = p.structure_id"
            d_parent, n_parent = "coalesce(p.d_cache, true)", "coalesce(p.n_cache, true)"
        groupe = f"partition by {cles}, s.structure_parente"
        avant = "rows between unbounded preceding and 1 preceding)"
        etages.append(f"""
            {niveau}_lus as (
                select s.*, {d_parent} as d_parent, {n_parent} as n_parent, {_petit("s.denominateur", seuil)} as d_petit
                from {relation} as s {parent} where s.niveau = '{niveau}'
            ),
            {niveau}_d as (
                select s.*, d_parent or d_petit or bool_or(d_petit) over ({groupe}) and (
                    count(*) over d_avant < 2 or {_petit("sum(s.denominateur) over d_avant", seuil)}
                ) as d_cache
                from {niveau}_lus as s
                window d_avant as ({groupe} order by d_petit desc, s.denominateur, s.structure_id {avant}
            ),
            {niveau}_n as (
                select s.*, n_parent or d_cache or {_petit("s.numerateur", seuil)}
                    or {_petit("s.denominateur - s.numerateur", seuil)} as n_petit
                from {niveau}_d as s
            ),
            {niveau} as (
                select s.*, n_petit or bool_or(n_petit) over ({groupe}) and (
                    count(*) over n_avant < 2 or {_petit("sum(s.numerateur) over n_avant", seuil)}
                    or {_petit("sum(s.denominateur - s.numerateur) over n_avant", seuil)}
                ) as n_cache
                from {niveau}_n as s
                window n_avant as ({groupe} order by n_petit desc, s.denominateur, s.structure_id {avant}
            )""")
    caches = {"denominateur": "d_cache", "numerateur": "n_cache"}
    caches |= {c: "n_cache" for c, de in roles()["derivees"].items() if "numerateur" in de}
    sorties = ", ".join(
        f'n_cache as "{c}"' if c == MASQUE
        else f'null as "{c}"' if c in inconnues(colonnes)
        else f'case when not {caches[c]} then "{c}" end as "{c}"' if c in caches
        else f'"{c}"'
        for c in colonnes
    )  # fmt: skip
    return f"with {', '.join(etages)} {' union all '.join(f'select {sorties} from {niveau}' for niveau in NIVEAUX)}"
