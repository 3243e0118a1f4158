"""What the terminal shows: the results of a run, the state of the output folder."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from socle import etat
from socle.entrepot import lire_execution, ouvrir
from socle.parametres import ErreurSocle, Parametres, dire_la_memoire
from socle.resultats.lecture import lire
from socle.resultats.modele import Indicateur, Resultats
from socle.resultats.mots import (
    ATTEINT,
    ETATS,
    NON_APPLICABLE,
    NON_ATTEINT,
    NON_MESURE,
    RIEN,
    SANS_CIBLE,
    SIGNES,
    minuscule,
    nombre,
    valeur_en_mots,
)
from socle.sans_venue import expliquer, resumer

LARGEUR_DU_CODE, LARGEUR_D_UN_RESULTAT, LIBELLE_MINIMAL = 9, 21, 24


@dire_la_memoire
def sans_venue(entrepot: Path) -> str | None:
    """Why the establishments that sent files have no venue, in one sentence; None when each has some."""
    with ouvrir(entrepot) as connexion:
        jour = date.fromisoformat(lire_execution(connexion).date_extraction)
        causes = expliquer(connexion, jour)
    return resumer(causes) if causes else None


@dire_la_memoire
def afficher_resultats(console: Console, entrepot: Path) -> None:
    """Print the period on which each establishment is judged.

    Beyond a few establishments the columns would not fit: each then has one row, the targets reached per programme.
    """
    lus = lire(entrepot)
    largeur = console.width - LARGEUR_DU_CODE - 3 - (LARGEUR_D_UN_RESULTAT + 3) * len(lus.etablissements)
    console.print(_par_indicateur(lus, largeur) if largeur >= LIBELLE_MINIMAL else _par_etablissement(lus))
    for e in lus.etablissements:
        console.print(f"  {e.finess}  {e.nom}", style="dim")
    for e in lus.etablissements:
        for indicateur in lus.indicateurs.values():
            jugee = lus.situation(e.finess, indicateur.code)
            if jugee and jugee.etat == NON_MESURE and lus.programmes[indicateur.programme].en_detail:
                console.print(f"  Non mesuré, {e.finess} {indicateur.code} : {jugee.raison}")
    console.print(
        "  ✓ cible atteinte, ✗ manquée, au mois nommé, sinon à la dernière période ; tout est dans marts.indicateurs",
        style="dim",
    )


def _par_indicateur(lus: Resultats, largeur: int) -> Table:
    lignes: list[tuple[str, str | Text, list[str]]] = []
    for programme in lus.programmes.values():
        bilans = [] if programme.en_detail else [_bilan(lus, e.finess, programme.code) for e in lus.etablissements]
        lignes.append(("", Text(programme.libelle, style="bold"), bilans))
        for indicateur in lus.du_programme(programme.code) if programme.en_detail else ():
            court = indicateur.libelle
            if len(court) > largeur:
                court = court[: largeur - 1].rstrip() + "…"
            lignes.append((indicateur.code, court, [_resultat(lus, e.finess, indicateur) for e in lus.etablissements]))
    table = Table(title="Résultats sur la période jugée : taux / cible", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Code", width=LARGEUR_DU_CODE)
    table.add_column("Indicateur", width=largeur)
    for rang, e in enumerate(lus.etablissements):
        # A rate just under its target has more decimals.
        longueurs = (len(valeurs[rang]) for _, _, valeurs in lignes if valeurs)
        table.add_column(e.finess, justify="right", width=max(LARGEUR_D_UN_RESULTAT, *longueurs))
    for code, nom, valeurs in lignes:
        if not code:
            table.add_section()
        table.add_row(code, nom, *valeurs)
    return table


def _resultat(lus: Resultats, finess: str, indicateur: Indicateur) -> str:
    mesure = lus.situation(finess, indicateur.code)
    if mesure is None:
        return RIEN
    if mesure.etat == NON_MESURE:
        return minuscule(ETATS[NON_MESURE])
    if mesure.etat == NON_APPLICABLE:
        return mesure.raison or minuscule(ETATS[NON_APPLICABLE])
    cible = f" / {nombre(mesure.cible)}" if mesure.cible is not None and indicateur.nature == "taux" else ""
    mois = f" {mesure.debut:%m/%y}" if lus.choix(finess, indicateur.code) else ""
    return f"{indicateur.valeur(mesure)}{cible} {SIGNES.get(mesure.etat, ' ')}{mois}"


def _bilan(lus: Resultats, finess: str, programme: str) -> str:
    """Targets reached of those to reach; of a programme without any, how many indicators are followed."""
    etats = lus.etats(finess, programme)
    if vises := etats[ATTEINT] + etats[NON_ATTEINT]:
        return f"{etats[ATTEINT]} / {vises}"
    if suivis := etats[SANS_CIBLE]:
        return f"{suivis} suivi{'s' * (suivis > 1)}"
    return minuscule(ETATS[NON_MESURE if etats[NON_MESURE] else NON_APPLICABLE])


def _par_etablissement(lus: Resultats) -> Table:
    table = Table(
        title="Cibles atteintes sur la période jugée / cibles visées", title_justify="left", box=SIMPLE_HEAD, pad_edge=False
    )
    table.add_column("EJ")
    for programme in lus.programmes.values():
        table.add_column(programme.libelle, justify="right")
    for e in lus.etablissements:
        table.add_row(e.finess, *(_bilan(lus, e.finess, programme) for programme in lus.programmes))
    return table


@dire_la_memoire
def afficher_etat(console: Console, parametres: Parametres) -> None:
    """Print the last run, of which run each output is, the sources seen, the rejected rows and the missing flux."""
    dernier = etat.derniere_execution(parametres)
    if not dernier and not parametres.entrepot.exists():
        raise ErreurSocle(f"Aucune exécution dans {parametres.sortie} : lancez « socle run ».")
    if dernier:
        console.print(_issue(dernier))
        console.print(f"Exports : {dernier['exports']}, date d'extraction {dernier['date_extraction']}")
        if dernier["etat"] == "échec":
            console.print("« socle verifier » dit ce que valent les exports, fichier par fichier, et ce qui est à corriger.")
    _afficher_sorties(console, parametres, dernier)
    if not parametres.entrepot.exists():
        return
    lus = lire(parametres.entrepot)
    table = Table(title="Sources lues", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("EJ", min_width=9)
    table.add_column("Flux", min_width=29)
    for titre in ("Fichiers", "Dernier", "Retenues", "Remplacées", "Rejetées"):
        table.add_column(titre, justify="right")
    for s in (s for s in lus.sources if s.fichiers):
        comptes = (s.fichiers, s.dernier, s.retenues, s.remplacees, s.rejetees)
        table.add_row(s.finess, s.flux, *map(valeur_en_mots, comptes))
    console.print(table)
    for finess, motifs in sorted(lus.rejets.items()):
        for motif, nb in sorted(motifs.items()):
            console.print(f"Rejets {finess} : {motif} {nombre(nb)}")
    for finess, flux, version in lus.versions_inconnues:
        console.print(f"Version {version} inconnue ({finess}, {flux}) : ajouter la version aux seeds")
    for fichier in (f for f in lus.fichiers if not f.est_lisible):
        console.print(f"Fichier {fichier.chemin} : {fichier.etat}")
    for e in lus.etablissements:
        if absents := lus.flux_non_recus(e.finess):
            console.print(f"Flux absents {e.finess} : {', '.join(absents)}")


def _issue(dernier: dict[str, Any]) -> Text:
    couleur = {"réussie": "green", "en cours": "yellow"}.get(dernier["etat"], "red")
    issue = Text(dernier["etat"], style=couleur)
    if dernier["etat"] == "en cours":
        issue += f" (processus {dernier['pid']}) : les sorties restent celles de la précédente"
    elif dernier["etat"] == "interrompue":
        issue += f" pendant {'la mise en place' if dernier.get('etape') else 'la construction'} : relancez « socle run »"
    elif dernier["echec"]:
        issue += f" : {dernier['echec']}"
    numero = f" {dernier['execution_id'][:8]}" if dernier.get("execution_id") else ""
    duree = f", {dernier['duree_secondes']} s" if "duree_secondes" in dernier else ""
    return Text(f"Dernière exécution{numero} : {dernier['debut']}{duree}, ") + issue


def _afficher_sorties(console: Console, parametres: Parametres, dernier: dict[str, Any] | None) -> None:
    """Print the outputs run by run, and say when they are not all of the same one."""
    presentes, avis = etat.lire(parametres)
    par_execution: dict[str, Counter[str]] = {}
    for sortie in presentes:
        par_execution.setdefault(sortie.execution_id, Counter())[sortie.nom] += 1
    for numero, noms in par_execution.items():
        liste = ", ".join(f"{nb} {nom}" if nom == "dossiers" else nom for nom, nb in noms.items())
        console.print(f"Sorties de l'exécution {numero[:8]} : {liste}")
    if len({sortie.execution_id for sortie in presentes if not sortie.archive}) > 1:
        retenue = dernier and dernier["etat"] == "échec"
        cause = " (la dernière exécution n'a pas tout remplacé)" if retenue else ""
        constat = Text("Ces sorties ne sont pas toutes de la même exécution", style="red")
        console.print(constat + f"{cause} : relancez « socle run ».")
    for phrase in avis:
        console.print(Text("Attention", style="red") + f" : {phrase}")
