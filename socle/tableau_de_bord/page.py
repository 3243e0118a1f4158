"""From the results to the page: what is said in HTML, and the numbers the charts draw."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any

import vl_convert
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from socle.resultats import (
    ATTEINT,
    MOTIFS,
    NON_APPLICABLE,
    NON_ATTEINT,
    PROGRAMMES,
    SANS_CIBLE,
    TOUS,
    CibleDouble,
    Etablissement,
    Etape,
    Fenetre,
    Indicateur,
    Lecture,
    Mesure,
    Resultats,
    libelle_jour,
    libelle_periode,
    nombre,
    points,
    pourcentage,
)
from socle.tableau_de_bord import graphiques

HISTORIQUE_MOIS = 24
"""Months of history drawn."""

ANCIEN_JOURS = 45
"""Age of the latest export, in days before the date of extraction, from which the page calls it old."""

ETATS = {
    ATTEINT: "Atteint",
    NON_ATTEINT: "Non atteint",
    NON_APPLICABLE: "Non applicable",
    SANS_CIBLE: "Suivi sans cible",
}


@dataclass(frozen=True)
class Ligne:
    """One indicator of one establishment as the page shows it."""

    indicateur: Indicateur
    etablissement: Etablissement
    etat: str
    mesure: Mesure | None
    periode: str
    valeur: str
    decompte: str
    manque: str
    frein: Etape | None
    courbe: Markup
    fenetres: list[Fenetre]
    lectures: list[Lecture]
    raison_cible: str

    @property
    def cle(self) -> str:
        """Identifier of the row in the page."""
        return f"{self.etablissement.finess}-{self.indicateur.code}".replace(".", "-").lower()

    @property
    def cible(self) -> float | None:
        """Target of the measure shown."""
        return None if self.mesure is None else self.mesure.cible

    @property
    def taux(self) -> float | None:
        """Rate of the measure shown."""
        return None if self.mesure is None else self.mesure.taux


def accorder(nb: int, indicateur: Indicateur) -> str:
    """A number with the unit of the indicator: « 1 séjour », « 12 séjours »."""
    return f"{nombre(nb)}\u00a0{indicateur.unite if abs(nb) < 2 else indicateur.unites}"


def _ligne(resultats: Resultats, etablissement: Etablissement, indicateur: Indicateur) -> Ligne:
    finess, code = etablissement.finess, indicateur.code
    mesure = resultats.situation(finess, code)
    axes = [a for a in resultats.axes.get((finess, code), []) if a != TOUS]
    etat, periode, valeur, decompte, manque, frein = NON_APPLICABLE, "", "—", "", "", None
    if mesure is None and axes:
        etat, periode, valeur, decompte, manque = _par_modalite(resultats, finess, indicateur, axes)
    elif mesure is None:
        manque = "pas de données"
    else:
        etat, periode = mesure.etat, libelle_periode(mesure.debut, mesure.fin)
        if choix := resultats.choix(finess, code):
            periode = f"{periode} ({choix})"
        valeur, decompte = _valeur(mesure, indicateur)
        if not mesure.applicable:
            manque = MOTIFS.get(mesure.motif or "", "non applicable")
        if etat == NON_ATTEINT and mesure.restant is not None:
            manque = accorder(mesure.restant, indicateur) if indicateur.nature != "declaratif" else "à déclarer"
            frein = resultats.frein(finess, code, mesure.debut)
    return Ligne(
        indicateur, etablissement, etat, mesure, periode, valeur, decompte, manque, frein,
        courbe=_courbe(_recentes(resultats, resultats.series.get((finess, code, TOUS), []))),
        fenetres=resultats.fenetres.get((finess, code), []),
        lectures=[x for x in resultats.autres_lectures(finess, code, mesure.debut) if x.compte] if mesure else [],
        raison_cible=_raison(resultats.cible_double(finess, code, mesure.cible)) if mesure else "",
    )  # fmt: skip


def _raison(cible: CibleDouble | None) -> str:
    """Both targets, and why one applies."""
    if cible is None:
        return ""
    if cible.atteint:
        return f"{cible.analogue} (SUN-ES) est atteint ; {nombre(cible.cible)}\u00a0% sinon"
    return f"{cible.analogue} (SUN-ES) n’est pas atteint ; {nombre(cible.cible_si_atteint)}\u00a0% sinon"


def _valeur(mesure: Mesure, indicateur: Indicateur) -> tuple[str, str]:
    if indicateur.nature == "declaratif":
        reponse = {True: "Oui", False: "Non"}[mesure.numerateur > 0] if mesure.denominateur else "Non déclaré"
        return reponse, "déclaratif"
    if indicateur.nature == "compte":
        return (nombre(mesure.numerateur) if mesure.applicable else "—"), indicateur.unites
    if mesure.taux is None:
        return "—", ""
    return (
        pourcentage(mesure.taux, mesure.cible),
        f"{nombre(mesure.numerateur)} sur {accorder(mesure.denominateur or 0, indicateur)}",
    )


def _par_modalite(resultats: Resultats, finess: str, indicateur: Indicateur, axes: list[str]) -> tuple[str, str, str, str, str]:
    """State, period, value, count and remark of an indicator that is only measured by document type or nature."""
    mesures = [m for m in (resultats.situation(finess, indicateur.code, axe) for axe in axes) if m and m.applicable]
    if not mesures:
        return NON_APPLICABLE, "", "—", "", "aucune valeur mesurée"
    compte = indicateur.nature == "compte"
    valeurs = sorted(float(m.numerateur) if compte else (m.taux or 0.0) for m in mesures)
    bas, haut = (nombre(v) if compte else pourcentage(v) for v in (valeurs[0], valeurs[-1]))
    etendue = bas if bas == haut else f"{bas} à {haut}"
    modalites = "natures de venue" if indicateur.axe == "nature de la venue" else "types de document"
    return (
        SANS_CIBLE, libelle_periode(mesures[0].debut, mesures[0].fin), etendue,
        f"{indicateur.unites}, {len(mesures)} {modalites}" if compte else f"{len(mesures)} {modalites}", "",
    )  # fmt: skip


def _recentes(resultats: Resultats, serie: list[Mesure]) -> list[Mesure]:
    fin = resultats.date_extraction
    debut = date(fin.year - HISTORIQUE_MOIS // 12, fin.month, 1)
    return [m for m in serie if m.fin > debut]


def _courbe(serie: list[Mesure], largeur: int = 104, hauteur: int = 34) -> Markup:
    """A sparkline: decoration, the panel of the row holds the chart and its table."""
    mesures = [m for m in serie if m.complete]
    mesurees = [rang for rang, m in enumerate(mesures) if m.taux is not None]
    if len(mesurees) < 2:
        return Markup("")
    mesures = mesures[mesurees[0] :]
    pas = (largeur - 8) / max(len(mesures) - 1, 1)

    def y(taux: float) -> float:
        return round(hauteur - 4 - min(taux, 100) / 100 * (hauteur - 8), 1)

    morceaux: list[list[str]] = [[]]
    for rang, mesure in enumerate(mesures):
        if mesure.taux is None:
            morceaux.append([])
        else:
            morceaux[-1].append(f"{round(4 + rang * pas, 1):g},{y(mesure.taux):g}")
    traits = "".join(f'<polyline points="{" ".join(m)}"/>' for m in morceaux if len(m) > 1)
    x, derniere = next((r, m.taux) for r, m in reversed(list(enumerate(mesures))) if m.taux is not None)
    cible = mesures[-1].cible
    repere = "" if cible is None else f'<line class="c" x1="2" x2="{largeur - 2}" y1="{y(cible):g}" y2="{y(cible):g}"/>'
    return Markup(
        f'<svg class="courbe" viewBox="0 0 {largeur} {hauteur}" width="{largeur}" height="{hauteur}" aria-hidden="true">'
        f'{repere}{traits}<circle cx="{round(4 + x * pas, 1):g}" cy="{y(derniere or 0.0):g}" r="2.6"/></svg>'
    )


def _bilan(lignes: list[Ligne]) -> dict[str, Any]:
    comptes = Counter(ligne.etat for ligne in lignes)
    vises = comptes[ATTEINT] + comptes[NON_ATTEINT]
    return {
        "atteints": comptes[ATTEINT],
        "non_atteints": comptes[NON_ATTEINT],
        "non_applicables": comptes[NON_APPLICABLE],
        "suivis": comptes[SANS_CIBLE],
        "vises": vises,
        "total": len(lignes),
    }


def _a_portee(lignes: list[Ligne]) -> list[Ligne]:
    """What is missed by the least: the smallest part of the denominator still to do."""
    manquees = [x for x in lignes if x.etat == NON_ATTEINT and x.mesure and x.mesure.denominateur and x.mesure.restant]
    manquees = [x for x in manquees if x.indicateur.nature != "declaratif"]
    return sorted(manquees, key=lambda x: ((x.mesure.cible or 0) - (x.mesure.taux or 0), x.cle) if x.mesure else (0, x.cle))


def _sources(resultats: Resultats, etablissement: Etablissement) -> dict[str, Any]:
    sources = [s for s in resultats.sources if s.finess == etablissement.finess]
    presents = {s.flux for s in sources if s.fichiers}
    touches: dict[str, list[str]] = {}
    for code, besoins in resultats.flux_requis.items():
        for besoin in besoins:
            choix = besoin.split(" | ")
            if not presents.intersection(choix):
                for flux in choix:
                    touches.setdefault(flux, []).append(code)
    lignes = [
        {
            "source": s,
            "age": (age := None if s.dernier is None else (resultats.date_extraction - s.dernier).days),
            "ancien": age is not None and age > ANCIEN_JOURS,
            "touches": touches.get(s.flux, []),
        }
        for s in sources
    ]
    return {
        "etablissement": etablissement,
        "lignes": lignes,
        "recus": len(presents),
        "attendus": len(sources),
        "dernier": max((s.dernier for s in sources if s.dernier), default=None),
        "rejetees": sum(s.rejetees for s in sources),
        "problemes": sum(len(s.problemes) for s in sources),
        "rejets": resultats.rejets.get(etablissement.finess, Counter()).most_common(),
    }


def _colonne(valeurs: list[Any]) -> Any:
    """A column of the page's data: one value when they are all the same."""
    uniques = set(valeurs)
    return uniques.pop() if len(uniques) == 1 else valeurs


def donnees(resultats: Resultats) -> dict[str, Any]:
    """The numbers of the charts and of their tables, without any row of a patient.

    A series is the rank of its first period, the number of its periods, then one column per measure: an array, or one
    value when it does not vary. A null numerator is a period without a measure.
    """
    cles = sorted(
        {
            (resultats.indicateurs[code].periode, m.debut, m.fin)
            for (_, code, _), serie in resultats.series.items()
            for m in _recentes(resultats, serie)
        }
    )
    rangs = {cle: rang for rang, cle in enumerate(cles)}

    def arrondi(valeur: float | None, decimales: int) -> float | None:
        return None if valeur is None else round(valeur, decimales)

    series: dict[str, dict[str, dict[str, list[Any]]]] = {}
    incompletes: dict[str, set[int]] = {}
    for (finess, code, axe), serie in resultats.series.items():
        nature = resultats.indicateurs[code].periode
        recentes = {rangs[nature, m.debut, m.fin]: m for m in _recentes(resultats, serie)}
        incompletes.setdefault(finess, set()).update(rang for rang, m in recentes.items() if not m.complete)
        # Of the indicators by type, only what was measured: most types have no document in most months.
        if axe != TOUS:
            recentes = {rang: m for rang, m in recentes.items() if m.applicable}
        if not recentes or (axe != TOUS and not any(m.numerateur for m in recentes.values())):
            continue
        premier, dernier = min(recentes), max(recentes)
        # Four decimals where a rate may stand beside its target, one where there is none.
        decimales = 4 if any(m.cible is not None for m in recentes.values()) else 1
        lignes = [
            (
                m.numerateur, m.denominateur, arrondi(m.taux, decimales), m.cible, m.traces, m.constate,
                arrondi(m.taux_national, 2), m.motif,
            )
            if m
            else (None,) * 8
            for m in (recentes.get(rang) for rang in range(premier, dernier + 1))
        ]  # fmt: skip
        colonnes = [_colonne(list(valeurs)) for valeurs in zip(*lignes, strict=True)]
        series.setdefault(finess, {}).setdefault(code, {})[axe] = [premier, len(lignes), *colonnes]
    entonnoirs: dict[str, dict[str, dict[int, list[int]]]] = {}
    etapes: list[str] = []
    for (finess, code), par_periode in resultats.entonnoirs.items():
        visibles = {m.debut: m for m in _recentes(resultats, resultats.series.get((finess, code, TOUS), []))}
        for debut, valeurs in par_periode.items():
            if debut in visibles and any(e.nombre for e in valeurs):
                etapes = [e.libelle for e in valeurs]
                cible = entonnoirs.setdefault(finess, {}).setdefault(code, {})
                mesure = visibles[debut]
                cible[rangs[resultats.indicateurs[code].periode, mesure.debut, mesure.fin]] = [e.nombre for e in valeurs]
    return {
        "series": series,
        "entonnoirs": entonnoirs,
        "etapes": etapes,
        "periodes": [[f"{d:%Y-%m-%d}", f"{f:%Y-%m-%d}", libelle_periode(d, f)] for _, d, f in cles],
        "incompletes": {finess: sorted(valeurs) for finess, valeurs in incompletes.items()},
        "axes": resultats.libelles_axes,
        "motifs": MOTIFS,
        "indicateurs": {
            i.code: [i.libelle, i.definition, i.lecture, i.unite, i.unites, i.nature, i.axe, i.source]
            for i in resultats.indicateurs.values()
        },
        "situations": {
            etablissement.finess: {
                code: rangs[indicateur.periode, mesure.debut, mesure.fin]
                for code, indicateur in resultats.indicateurs.items()
                if indicateur.a_un_entonnoir
                and (mesure := resultats.situation(etablissement.finess, code)) is not None
                and (indicateur.periode, mesure.debut, mesure.fin) in rangs
            }
            for etablissement in resultats.etablissements
        },
        "graphiques": {
            "evolution": graphiques.evolution(),
            "entonnoir": graphiques.entonnoir(),
            "axes": graphiques.par_axe(),
        },
    }


def _empreinte(texte: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(texte.encode()).digest()).decode() + "'"


def composer(resultats: Resultats, produit_le: datetime, versions: Mapping[str, str], revision: str | None) -> str:
    """Compose the page.

    Args:
        resultats: what the warehouse says.
        produit_le: instant shown as that of production.
        versions: packages and their versions, shown in the foot.
        revision: git revision of the project, None when it is not known.

    Returns:
        HTML whose scripts are allowed by their hash only and which may call nothing.
    """
    ressources = files("socle.tableau_de_bord")

    def texte(nom: str) -> str:
        return ressources.joinpath(nom).read_text(encoding="utf-8")

    vega, script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"), texte("page.js")
    # « </ » would close the element that holds the text.
    vega, script = (t.replace("</script", "<\\/script") for t in (vega, script))
    lignes = {
        (e.finess, p): [_ligne(resultats, e, i) for i in resultats.du_programme(p)]
        for e in resultats.etablissements
        for p in PROGRAMMES
    }
    toutes = [ligne for groupe in lignes.values() for ligne in groupe]
    environnement = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environnement.filters |= {
        "nombre": nombre, "points": points, "pourcentage": pourcentage, "jour": libelle_jour, "minuscule": lambda t: t[:1].lower() + t[1:],
    }  # fmt: skip
    # The indentation of a template repeated for every row is a third of the page.
    gabarit = re.sub(r"^ +", "", texte("page.html.j2"), flags=re.MULTILINE)
    return environnement.from_string(gabarit).render(
        resultats=resultats,
        programmes=PROGRAMMES,
        lignes=lignes,
        bilans={cle: _bilan(groupe) for cle, groupe in lignes.items()},
        bilan=_bilan(toutes),
        a_portee=_a_portee(toutes),
        sources=[_sources(resultats, e) for e in resultats.etablissements],
        etats=ETATS,
        noms=[e.nom for e in resultats.etablissements],
        ghts=sorted({e.ght for e in resultats.etablissements if e.ght}),
        produit_le=produit_le,
        versions=versions,
        revision=revision,
        style=Markup(texte("page.css")),
        vega=Markup(vega),
        script=Markup(script),
        autorises=f"{_empreinte(vega)} {_empreinte(script)}",
        donnees=Markup(json.dumps(donnees(resultats), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")),
    )
