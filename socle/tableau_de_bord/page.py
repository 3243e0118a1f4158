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
from functools import cache
from importlib.resources import files
from typing import Any

import vl_convert
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from socle.parametres import RACINE
from socle.resultats.modele import (
    TOUS,
    CibleDouble,
    Etablissement,
    Etape,
    Fenetre,
    Financement,
    Indicateur,
    Lecture,
    Mesure,
    Resultats,
)
from socle.resultats.mots import (
    ATTEINT,
    ETATS,
    NON_APPLICABLE,
    NON_ATTEINT,
    NON_MESURE,
    RIEN,
    SANS_CIBLE,
    euros,
    libelle_jour,
    libelle_periode,
    minuscule,
    nombre,
    objectif,
    points,
    pourcentage,
)
from socle.resultats.programmes import MEILLEUR_MOIS_DE_LA_CAMPAGNE, MEILLEUR_MOIS_DE_LA_FENETRE
from socle.tableau_de_bord import graphiques
from socle.tableau_de_bord.memoire import Memoire, Valeur
from socle.tableau_de_bord.services import Structure

Services = dict[tuple[str, str], list[Structure]]
"""Structures by establishment and indicator."""

HISTORIQUE_MOIS = 24
"""Months of history drawn."""

ANCIEN_JOURS = 45
"""Age of the latest export, in days before the date of extraction, from which the page calls it old."""

ACTIONS = 3
"""Actions shown to each establishment, those that bring most."""

COLONNES = 6
"""Most establishments side by side in one table: more would not be read, nor fit on a sheet."""


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
    mouvements: list[str]

    @property
    def cle(self) -> str:
        """Identifier of the row in the page."""
        return f"{self.etablissement.finess}-{self.indicateur.code}".replace(".", "-").lower()

    @property
    def cible(self) -> float | None:
        """Target of the measure shown."""
        return None if self.mesure is None else self.mesure.cible

    @property
    def cible_en_mots(self) -> str:
        """The same, in words."""
        return RIEN if self.mesure is None else self.indicateur.cible(self.mesure)

    @property
    def taux(self) -> float | None:
        """Rate of the measure shown."""
        return None if self.mesure is None else self.mesure.taux


@dataclass(frozen=True)
class Action:
    """What one establishment can do about one missed target.

    ``jumeaux``: other indicators that the same units serve; ``gain``, ``cout``: euros that it would bring alone, and that it
    costs while it is missed, None where nothing is paid any more; ``service``: the one with most units to do.
    """

    ligne: Ligne
    jumeaux: list[str]
    gain: float | None
    cout: float | None
    fenetre: str
    service: Structure | None
    points: float

    @property
    def tri(self) -> tuple[float, float, bool, float, str]:
        """Money first, then points per unit; what is only to be declared comes last."""
        declaratif = self.ligne.indicateur.nature == "declaratif"
        return -(self.gain or 0.0), -(self.cout or 0.0), declaratif, -self.points, self.ligne.cle


def _ligne(resultats: Resultats, memoire: Memoire, etablissement: Etablissement, indicateur: Indicateur) -> Ligne:
    finess, code = etablissement.finess, indicateur.code
    mesure = resultats.situation(finess, code)
    axes = [a for a in resultats.axes.get((finess, code), []) if a != TOUS]
    etat, periode, valeur, decompte, manque, frein = resultats.etat(finess, code), "", RIEN, "", "", None
    if mesure is None and axes:
        periode, valeur, decompte, manque = _par_modalite(resultats, finess, indicateur)
    elif mesure is None:
        absents = resultats.flux_absents.get((finess, code))
        manque = f"il manque {', '.join(absents)}" if absents else "aucune période complète"
    else:
        periode = libelle_periode(mesure.debut, mesure.fin)
        if choix := resultats.choix(finess, code):
            periode = f"{periode} ({choix})"
        valeur, decompte = indicateur.valeur(mesure), _decompte(mesure, indicateur)
        manque = mesure.raison or ""
        if etat == NON_ATTEINT and mesure.restant is not None:
            manque = indicateur.accorder(mesure.restant) if indicateur.nature != "declaratif" else "à déclarer"
            frein = resultats.frein(finess, code, mesure.debut)
    return Ligne(
        indicateur, etablissement, etat, mesure, periode, valeur, decompte, manque, frein,
        courbe=_courbe(_recentes(resultats, resultats.series.get((finess, code, TOUS), []))),
        fenetres=resultats.fenetres.get((finess, code), []),
        lectures=[x for x in resultats.autres_lectures(finess, code, mesure.debut) if x.compte] if mesure else [],
        raison_cible=_raison(resultats.cible_double(finess, code, mesure.cible)) if mesure else "",
        mouvements=_mouvements(resultats, memoire, etablissement, indicateur, mesure),
    )  # fmt: skip


def _mouvements(
    resultats: Resultats, memoire: Memoire, etablissement: Etablissement, indicateur: Indicateur, mesure: Mesure | None
) -> list[str]:
    """What moved for the same period, since the former run and since the last deposit."""
    if indicateur.nature == "declaratif":
        return []
    finess, code = etablissement.finess, indicateur.code
    phrases = []
    if (
        mesure
        and memoire.extraction
        and (avant := memoire.execution.get((finess, code, mesure.debut)))
        and _differe(avant, mesure)
    ):
        phrases.append(f"Depuis les données au {memoire.extraction:%d/%m/%Y} : {_mouvement(avant, mesure, indicateur)}")
    mois, valeurs = memoire.depots.get((finess, indicateur.programme), (None, {}))
    for actuelle in resultats.series.get((finess, code, TOUS), []):
        if mois and (depose := valeurs.get((code, actuelle.debut))):
            periode = libelle_periode(actuelle.debut, actuelle.fin)
            phrases.append(f"Depuis le dépôt de {periode} : {_mouvement(depose, actuelle, indicateur)}")
    return phrases


def _differe(avant: Valeur, apres: Mesure) -> bool:
    return (avant.numerateur, avant.denominateur) != (apres.numerateur, apres.denominateur)


def _mouvement(avant: Valeur, apres: Mesure, indicateur: Indicateur) -> str:
    if not _differe(avant, apres):
        return "inchangé"
    if indicateur.nature == "compte":
        return f"{nombre(avant.numerateur)} → {nombre(apres.numerateur)}"
    ecart = None if avant.taux is None or apres.taux is None else apres.taux - avant.taux
    comptes = f"{nombre(avant.numerateur)} sur {nombre(avant.denominateur)} → {nombre(apres.numerateur)} sur {nombre(apres.denominateur)}"
    return f"{points(ecart)} ({comptes})" if ecart is not None else comptes


def _raison(cible: CibleDouble | None) -> str:
    """Both targets, and why one applies."""
    if cible is None:
        return ""
    autre = cible.cible if cible.atteint else cible.cible_si_atteint
    return (
        f"{objectif(cible.appliquee)} parce que la cible SUN-ES {cible.analogue} {'a' if cible.atteint else 'n’a pas'} été atteinte"
        f" ({objectif(autre)} sinon)"
    )


def _decompte(mesure: Mesure, indicateur: Indicateur) -> str:
    """What a value is made of."""
    if indicateur.nature == "declaratif":
        return "déclaratif"
    if indicateur.nature == "compte":
        return indicateur.unites
    if mesure.taux is None:
        return ""
    return f"{nombre(mesure.numerateur)} sur {indicateur.accorder(mesure.denominateur or 0)}"


def _par_modalite(resultats: Resultats, finess: str, indicateur: Indicateur) -> tuple[str, str, str, str]:
    """Period, value, count and remark of an indicator that is only measured by document type, nature or profile."""
    mesures = resultats.modalites(finess, indicateur.code)
    if not mesures:
        return "", RIEN, "", "aucune valeur mesurée"
    compte = indicateur.nature == "compte"
    bas, *_, haut = sorted([*mesures, mesures[0]], key=lambda m: m.numerateur if compte else m.taux or 0.0)
    bornes = dict.fromkeys((indicateur.valeur(bas), indicateur.valeur(haut)))
    modalites = f"{len(mesures)} {resultats.libelles['AXE'].get(indicateur.axe or '', 'modalités')}"
    return (
        libelle_periode(bas.debut, bas.fin),
        " à ".join(bornes),
        f"{indicateur.unites}, {modalites}" if compte else modalites,
        "",
    )


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


def _bilan(etats: Counter[str]) -> dict[str, Any]:
    return {
        "atteints": etats[ATTEINT],
        "non_atteints": etats[NON_ATTEINT],
        "non_applicables": etats[NON_APPLICABLE],
        "non_mesures": etats[NON_MESURE],
        "suivis": etats[SANS_CIBLE],
        "vises": etats[ATTEINT] + etats[NON_ATTEINT],
        "total": etats.total(),
    }


def _courante(resultats: Resultats, finess: str) -> Financement | None:
    """The SUN-ES window that is judged: the latest that has begun."""
    return next(reversed(resultats.financements.get(finess, [])), None)


def _ensemble(resultats: Resultats) -> Financement | None:
    """The window that is judged, for all the establishments together."""
    courantes = [f for f in (_courante(resultats, e.finess) for e in resultats.etablissements) if f]
    if not courantes:
        return None
    total = (sum(f.acquis for f in courantes), sum(f.manquant for f in courantes))
    return Financement(courantes[0].fenetre, courantes[0].debut, courantes[0].fin, *total, {}, {})


def _actions(resultats: Resultats, services: Services, lignes: list[Ligne]) -> list[Action]:
    """What one establishment can do, what brings most first.

    An indicator that shares its units with one of another programme is one action with it.
    """
    actions: list[Action] = []
    for ligne in lignes:
        mesure, indicateur = ligne.mesure, ligne.indicateur
        if ligne.etat != NON_ATTEINT or mesure is None or not mesure.denominateur:
            continue
        finess = ligne.etablissement.finess
        fenetre = _courante(resultats, finess)
        ouverte = fenetre is not None and fenetre.fin >= resultats.date_extraction
        actions.append(
            Action(
                ligne,
                [],
                gain=fenetre.gains.get(indicateur.code) if fenetre and ouverte else None,
                cout=fenetre.couts.get(indicateur.code) if fenetre and ouverte else None,
                fenetre=fenetre.fenetre if fenetre else "",
                service=_service(services.get((finess, indicateur.code), [])),
                points=100 / mesure.denominateur,
            )
        )
    retenues: list[Action] = []
    par_programme: Counter[str] = Counter()
    for action in sorted(actions, key=lambda a: a.tri):
        jumelle = next((r for r in retenues if _memes_unites(r.ligne.indicateur, action.ligne.indicateur)), None)
        if jumelle:
            jumelle.jumeaux.append(action.ligne.indicateur.code)
        # Whatever the programme chosen in the page, it shows that many.
        elif len(retenues) < ACTIONS or par_programme[action.ligne.indicateur.programme] < ACTIONS:
            retenues.append(action)
            par_programme[action.ligne.indicateur.programme] += 1
    return retenues


def _memes_unites(a: Indicateur, b: Indicateur) -> bool:
    return a.population == b.population and a.programme != b.programme


def _service(structures: list[Structure]) -> Structure | None:
    """The service with most units to do, where its counts may be shown; a pôle where there is no service."""
    for niveau in ("SERVICE", "POLE"):
        for structure in structures:
            if structure.niveau == niveau and structure.non_comptes:
                return structure
    return None


def _echeance(fin: date, jour: date) -> str:
    """How far a deadline is, in words."""
    reste = (fin - jour).days
    if reste < 0:
        return f"close depuis le {fin:%d/%m/%Y}"
    return f"jusqu’au {fin:%d/%m/%Y}, {'dernier jour' if reste == 0 else f'encore {reste} jour' + 's' * (reste > 1)}"


def _echeances(resultats: Resultats) -> dict[str, str]:
    """The deadline of each programme that has one."""
    par_jugement = {}
    if fenetre := _ensemble(resultats):
        echeance = _echeance(fenetre.fin, resultats.date_extraction)
        par_jugement[MEILLEUR_MOIS_DE_LA_FENETRE] = f"Fenêtre {fenetre.fenetre} {echeance}"
    commencees = [c for c in resultats.campagnes if c[1] <= resultats.date_extraction]
    if commencees:
        nom, _, fin = commencees[-1]
        par_jugement[MEILLEUR_MOIS_DE_LA_CAMPAGNE] = f"Campagne {nom} {_echeance(fin, resultats.date_extraction)}"
    return {p.code: par_jugement[p.jugement] for p in resultats.programmes.values() if p.jugement in par_jugement}


def _jugements(resultats: Resultats) -> list[dict[str, Any]]:
    """On which period each programme is judged, in words; those that are on the same one are told together."""
    par_jugement: dict[str, list[str]] = {}
    for programme in resultats.programmes.values():
        par_jugement.setdefault(programme.jugement, []).append(programme.libelle)
    libelles = resultats.libelles["JUGEMENT"]
    return [{"programmes": noms, "periode": libelles.get(jugement, jugement)} for jugement, noms in par_jugement.items()]


@cache
def _fichiers_des_populations() -> dict[str, str]:
    return {chemin.stem: str(chemin.relative_to(RACINE)) for chemin in (RACINE / "models" / "populations").rglob("*.sql")}


def _sources(resultats: Resultats, etablissement: Etablissement) -> dict[str, Any]:
    sources = [s for s in resultats.sources if s.finess == etablissement.finess]
    presents = {s.flux for s in sources if s.fichiers}
    touches: dict[str, list[str]] = {}
    for (finess, code), flux in resultats.flux_absents.items():
        if finess == etablissement.finess:
            for nom in (n for besoin in flux for n in besoin.split(" ou ")):
                touches.setdefault(nom, []).append(code)
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


def _services_de_la_page(services: Services) -> tuple[dict[str, Any], dict[str, Any]]:
    """Structures of each establishment, each once, and the counts of each indicator by the rank of the structure."""
    structures: dict[str, dict[tuple[str, str], list[str | None]]] = {}
    rangs: dict[tuple[str, str, str], int] = {}
    comptes: dict[str, dict[str, list[list[int | None]]]] = {}
    for (finess, code), liste in services.items():
        connues = structures.setdefault(finess, {})
        for s in liste:
            connues.setdefault((s.niveau, s.code), [s.niveau, s.libelle, s.parente])
            rang = rangs.setdefault((finess, s.niveau, s.code), len(connues) - 1)
            ligne = [rang] if s.denominateur is None else [rang, s.denominateur, s.numerateur]
            comptes.setdefault(finess, {}).setdefault(code, []).append(ligne)
    return {finess: list(connues.values()) for finess, connues in structures.items()}, comptes


def donnees(resultats: Resultats, services: Services) -> dict[str, Any]:
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
        # Rates are not there: the page computes them.
        lignes = [
            (m.numerateur, m.denominateur, m.cible, m.traces, m.constate, m.raison)
            if m
            else (None,) * 6
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
    structures, comptes = _services_de_la_page(services)
    return {
        "series": series,
        "entonnoirs": entonnoirs,
        "etapes": etapes,
        "periodes": [[f"{d:%Y-%m-%d}", f"{f:%Y-%m-%d}", libelle_periode(d, f)] for _, d, f in cles],
        "incompletes": {finess: sorted(valeurs) for finess, valeurs in incompletes.items()},
        "axes": resultats.libelles["MODALITE"],
        "indicateurs": {
            i.code: [
                i.libelle,
                i.definition,
                i.lecture,
                i.unite,
                i.unites,
                i.nature,
                i.axe,
                i.source,
                _fichiers_des_populations().get(i.population),
                resultats.rattachements.get(i.unite),
            ]
            for i in resultats.indicateurs.values()
        },
        "structures": structures,
        "services": comptes,
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


def composer(
    resultats: Resultats,
    services: Services,
    memoire: Memoire,
    produit_le: datetime,
    versions: Mapping[str, str],
    revision: str | None,
) -> str:
    """Compose the page.

    Args:
        resultats: what the warehouse says.
        services: the same by pôle, service and UF, without small counts.
        memoire: what it was at the former run and in the deposits.
        produit_le: instant shown as that of production.
        versions: packages and their versions, shown in the foot.
        revision: git revision of the project, None when it is not known.

    Returns:
        HTML whose scripts are allowed by their hash only and which may call nothing.
    """
    ressources = files("socle.tableau_de_bord")

    def texte(nom: str) -> str:
        return ressources.joinpath(nom).read_text(encoding="utf-8")

    vega, script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"), texte("formats.js") + texte("page.js")
    # « </ » would close the element that holds the text.
    vega, script = (t.replace("</script", "<\\/script") for t in (vega, script))
    lignes = {
        (e.finess, p): [_ligne(resultats, memoire, e, i) for i in resultats.du_programme(p)]
        for e in resultats.etablissements
        for p in resultats.programmes
    }
    actions = {
        e.finess: _actions(resultats, services, [x for p in resultats.programmes for x in lignes[e.finess, p]])
        for e in resultats.etablissements
    }
    groupes = -(-len(resultats.etablissements) // COLONNES) or 1
    cote_a_cote = -(-len(resultats.etablissements) // groupes)
    bilans = {(e.finess, p): resultats.etats(e.finess, p) for e in resultats.etablissements for p in resultats.programmes}
    bilans |= {("", p): sum((bilans[e.finess, p] for e in resultats.etablissements), Counter()) for p in resultats.programmes}
    environnement = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environnement.filters |= {
        "nombre": nombre, "points": points, "pourcentage": pourcentage, "objectif": objectif, "jour": libelle_jour,
        "minuscule": minuscule, "euros": euros,
    }  # fmt: skip
    # The indentation of a template repeated for every row is a third of the page.
    gabarit = re.sub(r"^ +", "", texte("page.html.j2"), flags=re.MULTILINE)
    return environnement.from_string(gabarit).render(
        resultats=resultats,
        programmes=resultats.programmes,
        noms_des_programmes={p.code: p.libelle for p in resultats.programmes.values()},
        jugements=_jugements(resultats),
        lignes=lignes,
        bilans={cle: _bilan(etats) for cle, etats in bilans.items()},
        actions=actions,
        nb_actions=ACTIONS,
        finances={e.finess: _courante(resultats, e.finess) for e in resultats.etablissements} | {"": _ensemble(resultats)},
        echeances=_echeances(resultats),
        memoire=memoire,
        nb_mouvements=sum(bool(x.mouvements) for groupe in lignes.values() for x in groupe),
        groupes=[
            resultats.etablissements[n : n + cote_a_cote] for n in range(0, len(resultats.etablissements), cote_a_cote or 1)
        ],
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
        donnees=Markup(
            json.dumps(donnees(resultats, services), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        ),
    )
