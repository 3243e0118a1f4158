"""What to type in the oSIS forms: a programme names, in the seed ``programmes``, which of these functions writes its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from socle.dossier.annexes import Demande
from socle.parametres import ErreurSocle
from socle.resultats.modele import TOUS, Indicateur, Mesure
from socle.resultats.mots import (
    ETATS,
    NON_APPLICABLE,
    OUI_NON,
    RIEN,
    libelle_periode,
    nombre,
    objectif,
    pourcentage,
    valeur_en_mots,
)

Mesures = dict[str, list[tuple[str, Mesure]]]
"""Measures of each indicator of a programme, with their value of the axis."""
Saisie = dict[str, list[dict[str, Any]]]
"""``formulaires``, ``tableau`` and ``champs``, as the template lays them out."""


def ligne(indicateur: Indicateur, mesure: Mesure, axe: str) -> dict[str, Any]:
    """A measure as a row of a table."""
    ecrite = {
        "code": indicateur.code,
        "libelle": indicateur.libelle,
        "axe": "" if axe == TOUS else axe,
        "periode": libelle_periode(mesure.debut, mesure.fin),
        "numerateur": nombre(mesure.numerateur),
        "denominateur": nombre(mesure.denominateur),
        "taux": RIEN if indicateur.nature == "compte" else indicateur.valeur(mesure),
        "cible": indicateur.cible(mesure),
        "etat": mesure.etat,
        "etat_libelle": ETATS[mesure.etat],
        "motif": mesure.raison or "",
        "restant": RIEN if indicateur.nature == "declaratif" else nombre(mesure.restant),
    }
    if indicateur.nature == "declaratif" or mesure.motif == "FLUX_ABSENT":
        ecrite |= {"numerateur": RIEN, "denominateur": RIEN}
    return ecrite


def tableau(demande: Demande, mesures: Mesures) -> Saisie:
    """One row an indicator."""
    return {
        "tableau": [
            ligne(demande.resultats.indicateurs[code], m, axe) | {"non_applicable": OUI_NON[m.etat == NON_APPLICABLE]}
            for code, valeurs in mesures.items()
            for axe, m in valeurs
            if axe == TOUS
        ]
    }


def champs(demande: Demande, mesures: Mesures) -> Saisie:
    """The same, and the fields of each sheet; « colonne » of champs_osis says what each one takes."""
    solutions = {
        code: {"editeur": editeur, "solution": solution}
        for code, editeur, solution in demande.lignes(
            """
            select indicateur, string_agg(distinct editeur, ' ; ' order by editeur), string_agg(distinct solution, ' ; ' order by solution)
            from marts.applications_hopen where finess_ej = ? group by 1
            """
        )
    }
    complements = {
        (complement, debut, fin): taux
        for complement, debut, fin, taux in demande.lignes(
            """
            select complement, periode_debut, periode_fin, taux_complement from marts.complements_hopen_mesures
            where finess_ej = ?
            """
        )
    }
    remplis = []
    for code, colonne, intitule, consigne in demande.connexion.execute(
        "select formulaire, coalesce(colonne, ''), intitule, coalesce(consigne, '') from reference.champs_osis order by formulaire, ordre"
    ).fetchall():
        for m in (m for axe, m in mesures.get(code, []) if axe == TOUS):
            ecrite = ligne(demande.resultats.indicateurs[code], m, TOUS)
            valeur = {
                "taux": ecrite["taux"],
                "declaration": ecrite["taux"],
                "atteinte": OUI_NON[m.atteinte],
                "": "à joindre",
            }.get(colonne) or solutions.get(code, {}).get(colonne)
            if colonne.isupper():
                valeur = pourcentage(complements.get((colonne, m.debut, m.fin)))
            remplis.append(
                {
                    "code": code,
                    "intitule": intitule,
                    "consigne": consigne,
                    "periode": ecrite["periode"],
                    "valeur": valeur or "Non déclaré",
                }
            )
    return tableau(demande, mesures) | {"champs": remplis}


def formulaires(demande: Demande, mesures: Mesures) -> Saisie:
    """One form an indicator, whose values are those of the mart ``<programme>_osis_<indicateur>``."""
    intitules = demande.connexion.execute(
        "select formulaire, colonne, intitule, saisie, consigne from reference.champs_osis order by formulaire, ordre"
    ).fetchall()
    remplis = []
    for code in (code for code, valeurs in mesures.items() if valeurs):
        table = f"{demande.programme}_osis_{code.replace('.', '_')}".lower()
        debut = mesures[code][0][1].debut
        for valeurs in demande.dictionnaires(f"select * from marts.{table} where finess_ej = ? and periode_debut = ?", debut):
            remplis.append(
                {
                    "titre": f"Fiche {code}",
                    "libelle": demande.resultats.indicateurs[code].libelle,
                    "mois_possible": bool(valeurs["mois_recueil"]),
                    "meilleur_mois": bool(valeurs["est_meilleur_mois"]),
                    "champs": [
                        {"intitule": intitule, "saisie": saisie, "consigne": consigne, "valeur": _valeur(colonne, valeurs)}
                        for formulaire, colonne, intitule, saisie, consigne in intitules
                        if formulaire == code
                    ],
                }
            )
    return {"formulaires": remplis}


def _valeur(colonne: str, valeurs: dict[str, Any]) -> str:
    if colonne.startswith("taux_"):
        return pourcentage(valeurs[colonne], valeurs["valeur_cible"])
    return objectif(valeurs[colonne]) if colonne == "valeur_cible" else valeur_en_mots(valeurs[colonne])


SAISIES: dict[str, Callable[[Demande, Mesures], Saisie]] = {f.__name__: f for f in (tableau, champs, formulaires)}


def composer(demande: Demande, mesures: Mesures) -> Saisie:
    """What to type for a programme, in the order of its forms.

    Raises:
        ErreurSocle: the programme names a function that is not there.
    """
    vide: Saisie = {"formulaires": [], "tableau": [], "champs": []}
    nom = demande.resultats.programmes[demande.programme].saisie
    if not nom:
        return vide
    if nom not in SAISIES:
        raise ErreurSocle(
            f"Saisie « {nom} » du programme {demande.programme} inconnue : corrigez programmes.csv ({', '.join(SAISIES)})."
        )
    return vide | SAISIES[nom](demande, mesures)
