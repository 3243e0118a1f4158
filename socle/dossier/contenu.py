"""What the dossier says: every text and figure of the PDF, read from the warehouse in one go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from socle import regles
from socle.dossier import annexes, saisie
from socle.dossier.sql import Construction
from socle.entrepot import ouvrir
from socle.parametres import ErreurSocle
from socle.resultats.lecture import lire
from socle.resultats.modele import TOUS, Etablissement, Fichier, Indicateur, Mesure, Resultats
from socle.resultats.mots import (
    ATTEINT,
    DECLARES,
    ETATS,
    NON_ATTEINT,
    OUI_NON,
    RIEN,
    instant,
    libelle_jour,
    libelle_periode,
    nombre,
    objectif,
    points,
    pourcentage,
    valeur_en_mots,
)
from socle.resultats.programmes import Programme

_COMPTES = ("lues", "retenues", "remplacees", "rejetees")

PERIODES_JUGEES = "au mois où chaque indicateur est jugé"

FICHIERS_IMPRIMES = 150
"""Number of files beyond which the PDF only counts them per flux; the zip always lists them all."""


@dataclass(frozen=True)
class Contenu:
    """A dossier, ready to be laid out."""

    etablissement: Etablissement
    programme: Programme
    mois: date | None
    produit_le: datetime
    indicateurs: list[Indicateur]
    tables: list[str]
    fichiers: list[Fichier]
    provenance: dict[str, Any]
    lignes_csv: list[dict[str, Any]]
    entonnoirs_csv: list[dict[str, Any]]
    corps: dict[str, Any]

    @property
    def nom_mois(self) -> str:
        """The month in words."""
        return PERIODES_JUGEES if self.mois is None else libelle_periode(self.mois, _fin_de_mois(self.mois))

    def pour_le_pdf(self) -> dict[str, Any]:
        """Everything the template shows, as JSON values."""
        return self.corps | {
            "etablissement": asdict(self.etablissement),
            "programme": self.programme.libelle,
            "mois": self.nom_mois,
            "provenance": self.provenance,
            "produit_le": instant(self.produit_le),
        }


def typographier(valeur: Any) -> Any:
    """Put the no-break spaces of French in every text: before : ; ! ? % », after «, in a number with its unit."""
    if isinstance(valeur, str):
        valeur = re.sub(r" ([;!?])", "\u202f\\1", valeur)
        valeur = re.sub(r" ([:%»])", "\u00a0\\1", valeur)
        return valeur.replace("« ", "«\u00a0")
    if isinstance(valeur, dict):
        return {cle: typographier(v) for cle, v in valeur.items()}
    if isinstance(valeur, list):
        return [typographier(v) for v in valeur]
    return valeur


def composer(
    entrepot: Path,
    finess: str,
    programme: str,
    mois: date | None,
    produit_le: datetime,
    construction: Construction,
    versions: Mapping[str, str],
) -> Contenu:
    """Gather the dossier of an establishment and programme, for a month or for the period on which each indicator is judged.

    Args:
        entrepot: DuckDB file of the build.
        finess: FINESS number of the entité juridique.
        programme: code of the programme.
        mois: first day of the month; None for the period on which each indicator is judged.
        produit_le: instant of production, printed.
        construction: what dbt recorded of the build, printed.
        versions: packages and versions, printed.

    Raises:
        ErreurSocle: unknown establishment or programme, month that the establishment has not.
    """
    resultats = lire(entrepot)
    suivi = resultats.programme(programme)
    if resultats.execution_id != construction.execution_id:
        raise ErreurSocle("Le SQL gardé n’est pas celui qui a construit l’entrepôt : relancez « socle run ».")
    etablissement = resultats.etablissement(finess)
    indicateurs = resultats.du_programme(programme)
    mesures = {i.code: _mesures(resultats, finess, i, mois) for i in indicateurs}
    if not any(mesures.values()):
        raise ErreurSocle(_mois_absent(resultats, finess, indicateurs, mois))
    mois_montres = sorted({m.fin.replace(day=1) for valeurs in mesures.values() for _, m in valeurs})
    # Of the two fortnights of a month, the last one.
    periodes = {
        code: max((m.fin, m.debut) for axe, m in valeurs if axe == TOUS)[::-1]
        for code, valeurs in mesures.items()
        if any(axe == TOUS for axe, _ in valeurs)
    }
    with ouvrir(entrepot) as connexion:
        fichiers = [f for f in resultats.fichiers if f.finess in (finess, None)]
        commencees = _fenetres_commencees(resultats, finess)
        demande = annexes.Demande(connexion, resultats, finess, programme, periodes, commencees)
        conditions = annexes.conditions(demande)
        variables = regles.lire(connexion).variables
        corps = {
            "date_extraction": libelle_jour(resultats.date_extraction),
            "construit_le": instant(construction.instant),
            "complet": all(m.fin <= resultats.date_extraction for valeurs in mesures.values() for _, m in valeurs),
            "synthese": [saisie.ligne(i, m, axe) for i in indicateurs for axe, m in mesures[i.code]],
            "osis": saisie.composer(demande, mesures),
            "pieces": _pieces(connexion, resultats, programme, conditions),
            "attestation": annexes.attestation(demande, conditions),
            "annexes": annexes.sections(demande),
            "indicateurs": [_fiche(connexion, resultats, finess, i, mesures[i.code]) for i in indicateurs if mesures[i.code]],
            "fenetres": _fenetres(resultats, finess, indicateurs),
            "prerequis": _prerequis(connexion, finess, programme),
            "source": _source(connexion, finess),
            "sejours": [_sejours(connexion, finess, m, variables, resultats.libelles) for m in mois_montres],
            "documents": [_documents(connexion, finess, m, resultats.libelles["DOCUMENTS_PAR_CANAL"]) for m in mois_montres],
            "fichiers": [_fichier(f) for f in fichiers] if len(fichiers) <= FICHIERS_IMPRIMES else [],
            "flux": _flux(fichiers),
            "variables": [
                {"libelle": resultats.libelles["VARIABLE"].get(nom, nom), "valeur": {"True": "Oui", "False": "Non"}.get(v, v)}
                for nom, v in variables.items()
            ],
        }
    return Contenu(
        etablissement=etablissement,
        programme=suivi,
        mois=mois,
        produit_le=produit_le,
        indicateurs=indicateurs,
        tables=[i.table for i in indicateurs]
        + ["entonnoir", "sejours_par_activite", "documents_transmis", *sorted(demande.lues)],
        fichiers=fichiers,
        provenance={
            "versions": dict(versions),
            "execution_id": resultats.execution_id,
            "construit_le": construction.instant.isoformat(timespec="seconds"),
            "revision": construction.revision,
            "date_extraction": resultats.date_extraction.isoformat(),
            "produit_le": produit_le.isoformat(timespec="seconds"),
            "variables": variables,
        },
        lignes_csv=[_brut(i, m, axe) for i in indicateurs for axe, m in mesures[i.code]],
        entonnoirs_csv=[
            {"indicateur": i.code, "periode_debut": m.debut, "etape": e.code, "libelle": e.libelle, "nb": e.nombre}
            for i in indicateurs
            for _, m in mesures[i.code]
            for e in resultats.entonnoir(finess, i.code, m.debut)
        ],
        corps=corps,
    )


def _fin_de_mois(mois: date) -> date:
    suivant = date(mois.year + mois.month // 12, mois.month % 12 + 1, 1)
    return date.fromordinal(suivant.toordinal() - 1)


def _mesures(resultats: Resultats, finess: str, indicateur: Indicateur, mois: date | None) -> list[tuple[str, Mesure]]:
    """Measures of the periods that end in the month, else of the period judged, by value of the axis.

    By type, only what was measured.
    """

    def choisies(axe: str) -> list[Mesure]:
        if mois is None:
            jugee = resultats.situation(finess, indicateur.code, axe)
            return [jugee] if jugee else []
        return [m for m in resultats.series[finess, indicateur.code, axe] if mois <= m.fin <= _fin_de_mois(mois)]

    return [
        (axe, m)
        for axe in sorted(resultats.axes.get((finess, indicateur.code), []), key=lambda a: (a != TOUS, a))
        for m in choisies(axe)
        if axe == TOUS or m.numerateur or m.denominateur
    ]


def _mois_absent(resultats: Resultats, finess: str, indicateurs: list[Indicateur], mois: date | None) -> str:
    fins = [m.fin for i in indicateurs for m in resultats.series.get((finess, i.code, TOUS), [])]
    if not fins:
        return f"Aucune donnée de {finess} dans l’entrepôt : déposez ses exports, puis relancez « socle run »."
    if mois is None:
        return f"Aucun mois complet de {finess} : attendez la fin du mois, ou indiquez celui que vous voulez (--mois)."
    return f"Aucune mesure de {finess} en {mois:%m/%Y} : choisissez un mois de {min(fins):%m/%Y} à {max(fins):%m/%Y}."


def _brut(indicateur: Indicateur, mesure: Mesure, axe: str) -> dict[str, Any]:
    return {"indicateur": indicateur.code, "libelle": indicateur.libelle, "axe": axe, **asdict(mesure)}


def _fiche(
    connexion: duckdb.DuckDBPyConnection,
    resultats: Resultats,
    finess: str,
    indicateur: Indicateur,
    mesures: list[tuple[str, Mesure]],
) -> dict[str, Any]:
    total = [m for axe, m in mesures if axe == TOUS]
    return {
        "code": indicateur.code,
        "libelle": indicateur.libelle,
        "nature": indicateur.nature,
        "definition": indicateur.definition,
        "lecture": indicateur.lecture,
        "source": indicateur.source,
        "unites": indicateur.unites,
        "population": f"populations.{indicateur.population}",
        "juge": _juge(resultats, finess, indicateur),
        "comptage_national": indicateur.comptage_national,
        "mesures": [
            saisie.ligne(indicateur, m, TOUS)
            | {
                "traces": nombre(m.traces),
                "constate": nombre(m.constate),
                "taux_national": pourcentage(m.taux_national),
                "ecart": points(m.ecart),
                "national": m.traces is not None or m.constate is not None,
                "entonnoir": [
                    {"libelle": e.libelle, "nb": e.nombre, "part": e.nombre / m.denominateur, "arrivee": e.code == "ALIMENTE"}
                    for e in resultats.entonnoir(finess, indicateur.code, m.debut)
                    if m.denominateur
                ],
                "lectures": [
                    {
                        "question": lecture.question,
                        "reponse": lecture.reponse,
                        "source": lecture.source,
                        "decompte": f"{nombre(lecture.numerateur)} / {nombre(lecture.denominateur)}",
                        "taux": pourcentage(lecture.taux, m.cible),
                        "ecart": points(lecture.ecart),
                        "atteinte": {True: ETATS[ATTEINT], False: ETATS[NON_ATTEINT], None: RIEN}[lecture.atteinte],
                    }
                    for lecture in resultats.autres_lectures(finess, indicateur.code, m.debut)
                ],
            }
            for m in total
        ],
        "axes": [
            saisie.ligne(indicateur, m, axe) | {"axe": resultats.libelles["MODALITE"].get(axe, axe)}
            for axe, m in mesures
            if axe != TOUS
        ],
        "complements": _complements(connexion, finess, indicateur, total),
    }


def _juge(resultats: Resultats, finess: str, indicateur: Indicateur) -> str:
    """On which period the establishment is judged, and with what result; empty when no period is judged."""
    mesure = resultats.situation(finess, indicateur.code)
    if mesure is None:
        return ""
    choix = resultats.choix(finess, indicateur.code) or "dernière période complète"
    valeur = mesure.raison or (indicateur.valeur(mesure) if indicateur.nature == "taux" else "")
    return f"{libelle_periode(mesure.debut, mesure.fin)}, {choix}" + (f" : {valeur}" if valeur else "")


def _complements(
    connexion: duckdb.DuckDBPyConnection, finess: str, indicateur: Indicateur, mesures: list[Mesure]
) -> list[dict[str, str]]:
    """What an indicator gives beside its rate."""
    colonnes = {nom for nom, *_ in connexion.execute(f"describe marts.{indicateur.table}").fetchall()}
    if "taux_pondere" not in colonnes or not mesures:
        return []
    lignes = connexion.execute(
        f"select taux_pondere from marts.{indicateur.table} where finess_ej = ? and periode_debut = ?",
        [finess, mesures[0].debut],
    ).fetchall()
    libelle = "Taux pondéré par l’équipement MSSanté des libéraux"
    return [{"libelle": libelle, "valeur": pourcentage(taux, mesures[0].cible)} for (taux,) in lignes]


def _pieces(
    connexion: duckdb.DuckDBPyConnection, resultats: Resultats, programme: str, conditions: set[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Pieces that the guides ask for, by indicator; a conditional one only where its case arises."""
    # What is out of scope is in docs/PIECES.md only.
    qui = resultats.libelles["FOURNI_PAR"]
    pieces: dict[str, dict[str, Any]] = {}
    for code, piece, fourni_par, ou, condition in connexion.execute(
        """
        select coalesce(indicateur, ''), piece, fourni_par, ou, condition from reference.justificatifs_osis
        where programme = ? order by indicateur, ordre
        """,
        [programme],
    ).fetchall():
        if fourni_par in qui and (condition is None or (code, condition) in conditions):
            pieces.setdefault(code, {"code": code, "pieces": []})["pieces"].append(
                {"piece": piece, "fourni_par": fourni_par, "qui": qui[fourni_par], "ou": ou}
            )
    return [pieces[code] for code in [*(i.code for i in resultats.du_programme(programme)), ""] if code in pieces]


def _fenetres_commencees(resultats: Resultats, finess: str) -> tuple[str, ...]:
    return tuple(sorted({f.nom for (ej, _), fenetres in resultats.fenetres.items() if ej == finess for f in fenetres}))


def _fenetres(resultats: Resultats, finess: str, indicateurs: list[Indicateur]) -> list[dict[str, Any]]:
    return [
        {
            "code": i.code,
            "libelle": i.libelle,
            "fenetres": [
                {
                    "nom": f.nom,
                    "etat": f.etat,
                    "texte": (
                        f"{pourcentage(f.taux, f.cible)} pour {objectif(f.cible)}"
                        if f.etat in (ATTEINT, NON_ATTEINT) and f.taux is not None
                        else ETATS[f.etat]
                    ),
                }
                for f in resultats.fenetres[finess, i.code]
            ],
        }
        for i in indicateurs
        if (finess, i.code) in resultats.fenetres
    ]


def _prerequis(connexion: duckdb.DuckDBPyConnection, finess: str, programme: str) -> list[dict[str, str]]:
    return [
        {"code": code, "libelle": libelle, "etat": DECLARES.get(etat, etat), "date": valeur_en_mots(jour)}
        for code, libelle, etat, jour in connexion.execute(
            """
            select code, libelle, etat, date_declaration from marts.prerequis
            where finess_ej = ? and programme = ? order by ordre
            """,
            [finess, programme],
        ).fetchall()
    ]


def _source(connexion: duckdb.DuckDBPyConnection, finess: str) -> str:
    """Where the venues of the hospital stays come from: GAM or PMSI."""
    (source,) = connexion.execute(
        "select coalesce(source_sejours, 'GAM') from staging.stg_reference__etablissements where finess_ej = ?", [finess]
    ).fetchone() or ("GAM",)
    return source


def _sejours(
    connexion: duckdb.DuckDBPyConnection, finess: str, mois: date, variables: dict[str, str], libelles: dict[str, dict[str, str]]
) -> dict[str, Any]:
    lignes = [
        {
            "activite": libelles["PARCOURS"].get(activite, activite),
            "definition": libelles["DEFINITION_SEJOUR"].get(activite, "").format_map(variables),
            "valeurs": [nombre(v) for v in valeurs],
        }
        for activite, *valeurs in connexion.execute(
            """
            select activite, nb_clos, nb_retenus, nb_avec_dmp_a_l_entree, nb_avec_dmp_a_la_sortie, nb_provisoires
            from marts.sejours_par_activite where finess_ej = ? and periode_debut = ? order by activite
            """,
            [finess, mois],
        ).fetchall()
    ]
    totaux = connexion.execute(
        """
        select sum(nb_clos), sum(nb_retenus), sum(nb_avec_dmp_a_l_entree), sum(nb_avec_dmp_a_la_sortie), sum(nb_provisoires)
        from marts.sejours_par_activite where finess_ej = ? and periode_debut = ?
        """,
        [finess, mois],
    ).fetchone()
    return {"mois": libelle_periode(mois, _fin_de_mois(mois)), "lignes": lignes, "totaux": [nombre(v) for v in totaux or ()]}


def _documents(connexion: duckdb.DuckDBPyConnection, finess: str, mois: date, titres: dict[str, str]) -> dict[str, Any]:
    canaux = [
        {
            "titre": titre,
            "lignes": [
                {
                    "type": type_code or "—",
                    "libelle": libelle,
                    "valeurs": [nombre(v) for v in valeurs],
                    "cme": OUI_NON[valide],
                    "automatique": OUI_NON[automatique],
                }
                for type_code, libelle, valide, automatique, *valeurs in connexion.execute(
                    """
                    select type_code, libelle, valide_cme, automatique, nb_documents, nb_envois, nb_envois_cda, nb_envois_ins_qualifiee
                    from marts.documents_transmis where finess_ej = ? and periode_debut = ? and canal = ?
                    order by nb_envois desc, type_code
                    """,
                    [finess, mois, canal],
                ).fetchall()
            ],
        }
        for canal, titre in titres.items()
    ]
    return {"mois": libelle_periode(mois, _fin_de_mois(mois)), "canaux": canaux}


def _flux(fichiers: list[Fichier]) -> list[dict[str, str]]:
    par_flux: dict[str, list[Fichier]] = {}
    for fichier in fichiers:
        par_flux.setdefault(fichier.flux or "hors contrat", []).append(fichier)
    return [
        {"flux": flux, "valeurs": [nombre(v) for v in (len(f), *(sum(getattr(x, c) or 0 for x in f) for c in _COMPTES))]}
        for flux, f in sorted(par_flux.items())
    ]


def _fichier(fichier: Fichier) -> dict[str, str]:
    return {
        "chemin": fichier.chemin,
        "etat": fichier.etat,
        "taille": nombre(fichier.taille),
        "lues": nombre(fichier.lues),
        "rejetees": nombre(fichier.rejetees),
        "empreinte": fichier.empreinte or "—",
    }
