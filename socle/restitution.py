"""Short French tables printed on the terminal: the results of a run, the state of the warehouse."""

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
from socle.sans_venue import expliquer, resumer

PROGRAMMES = {
    "HOPEN2": "HOP'EN2",
    "IFAQ": "IFAQ",
    "SUN_ES": "SUN-ES",
    "HOPEN": "HOP'EN",
    "SEGUR_V2": "Ségur vague 2",
}
"""Names of the programmes as the ministry writes them, in the order of the catalogue."""


@dire_la_memoire
def sans_venue(entrepot: Path) -> str | None:
    """Why the establishments that sent files have no venue, in one sentence; None when each has some."""
    with ouvrir(entrepot) as connexion:
        jour = date.fromisoformat(lire_execution(connexion).date_extraction)
        causes = expliquer(connexion, jour)
    return resumer(causes) if causes else None


def pourcentage(taux: float | None) -> str:
    """A rate as the French write it, one decimal, or a dash."""
    return "—" if taux is None else f"{taux:.1f} %".replace(".", ",")


@dire_la_memoire
def afficher_resultats(console: Console, entrepot: Path) -> None:
    """Print the month on which each establishment is judged, for the programmes that have a target.

    Beyond a few establishments the columns would not fit: each then has one row, the targets reached per programme.
    """
    with ouvrir(entrepot) as connexion:
        etablissements = connexion.execute(
            "select finess_ej, raison_sociale from staging.stg_reference__etablissements order by 1"
        ).fetchall()
        lignes = connexion.execute(
            """
            select
                i.programme, i.indicateur, i.libelle, i.finess_ej, i.taux, i.cible, i.cible_atteinte,
                case i.situation
                    when 'NON_MESURE' then 'non mesuré' when 'NON_APPLICABLE' then i.situation_raison else ''
                end,
                case when i.choix <> 'DERNIERE_PERIODE' then strftime(i.periode_debut, '%m/%y') else '' end
            from marts.indicateurs_juges as i
            where i.axe = 'TOUS' and i.programme in ('HOPEN2', 'IFAQ', 'SUN_ES')
            order by i.ordre, i.finess_ej
            """
        ).fetchall()
        non_mesures = connexion.execute(
            """
            select indicateur, finess_ej, situation_raison from marts.indicateurs_juges
            where axe = 'TOUS' and situation = 'NON_MESURE' and programme in ('HOPEN2', 'IFAQ', 'SUN_ES')
            order by finess_ej, ordre
            """
        ).fetchall()
    largeur_libelle = console.width - 12 - 24 * len(etablissements)
    tableau = _par_indicateur(etablissements, lignes, largeur_libelle) if largeur_libelle >= 24 else _par_etablissement(lignes)
    console.print(tableau)
    for finess, nom in etablissements:
        console.print(f"  {finess}  {nom}", style="dim")
    for code, finess, raison_dite in non_mesures:
        console.print(f"  Non mesuré, {finess} {code} : {raison_dite}")
    console.print(
        "  ✓ cible atteinte, ✗ cible manquée, au meilleur mois (nommé) ; tout le reste est dans marts.indicateurs", style="dim"
    )


def _par_indicateur(etablissements: list[tuple], lignes: list[tuple], largeur_libelle: int) -> Table:
    table = Table(title="Résultats au meilleur mois : taux / cible", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Code", width=9)
    table.add_column("Indicateur", width=largeur_libelle)
    for finess, _ in etablissements:
        table.add_column(finess, justify="right", width=21)
    par_indicateur: dict[tuple[str, str, str], dict[str, str]] = {}
    for programme, code, libelle, finess, taux, cible, atteinte, motif, mois in lignes:
        cellule = motif
        if not cellule:
            signe = "  " if atteinte is None else (" ✓" if atteinte else " ✗")
            cellule = pourcentage(taux) + (f" / {cible}" if cible is not None else "") + signe + (f" {mois}" if mois else "")
        par_indicateur.setdefault((programme, code, libelle), {})[finess] = cellule
    precedent = None
    for (programme, code, libelle), cellules in par_indicateur.items():
        if programme != precedent:
            table.add_section()
            table.add_row("", Text(PROGRAMMES[programme], style="bold"))
            precedent = programme
        court = libelle if len(libelle) <= largeur_libelle else libelle[: largeur_libelle - 1].rstrip() + "…"
        table.add_row(code, court, *(cellules.get(finess, "—") for finess, _ in etablissements))
    return table


def _par_etablissement(lignes: list[tuple]) -> Table:
    programmes = list(dict.fromkeys(ligne[0] for ligne in lignes))
    atteintes: dict[str, dict[str, list[bool]]] = {}
    for programme, _, _, finess, _, _, atteinte, _, _ in lignes:
        if atteinte is not None:
            atteintes.setdefault(finess, {}).setdefault(programme, []).append(atteinte)
    table = Table(
        title="Cibles atteintes au meilleur mois / indicateurs applicables", title_justify="left", box=SIMPLE_HEAD, pad_edge=False
    )
    table.add_column("EJ")
    for programme in programmes:
        table.add_column(PROGRAMMES[programme], justify="right")
    for finess, par_programme in sorted(atteintes.items()):
        comptes = (par_programme.get(programme, []) for programme in programmes)
        table.add_row(finess, *(f"{sum(liste)} / {len(liste)}" for liste in comptes))
    return table


@dire_la_memoire
def dossiers_attendus(entrepot: Path) -> list[tuple[str, str]]:
    """Establishment and programme of the dossiers that a run writes, on the months on which it is judged.

    Only HOP'EN2, whose deposits are open; the other programmes and months are for « socle dossier ».
    """
    with ouvrir(entrepot) as connexion:
        return connexion.execute(
            """
            select distinct finess_ej, programme
            from marts.indicateurs_juges
            where applicable and programme = 'HOPEN2'
            order by 1, 2
            """
        ).fetchall()


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
    with ouvrir(parametres.entrepot) as connexion:
        sources = connexion.execute(
            """
            select finess_ej, flux, count(*), max(date_extraction), sum(nb_retenues), sum(nb_remplacees), sum(nb_rejetees)
            from qualite.fichiers where etat = 'LU' and finess_ej is not null group by all order by all
            """
        ).fetchall()
        problemes = connexion.execute("select fichier, etat from qualite.fichiers where etat <> 'LU' order by all").fetchall()
        rejets = connexion.execute("select finess_ej, motif, count(*) from qualite.rejets group by all order by all").fetchall()
        versions = connexion.execute(
            "select finess_ej, flux, valeur from qualite.rejets where colonne = 'version_format' group by all order by all"
        ).fetchall()
        absents = connexion.execute(
            """
            select e.finess_ej, string_agg(f.flux, ', ' order by f.flux)
            from staging.stg_reference__etablissements as e
            cross join (select distinct flux from reference.contrat_flux where flux not like 'reference/%') as f
            left join intermediaire.int_flux_presents as p using (finess_ej, flux)
            where p.flux is null group by 1 order by 1
            """
        ).fetchall()
    table = Table(title="Sources lues", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("EJ", min_width=9)
    table.add_column("Flux", min_width=29)
    for titre in ("Fichiers", "Dernier", "Retenues", "Remplacées", "Rejetées"):
        table.add_column(titre, justify="right")
    for ligne in sources:
        table.add_row(*("—" if valeur is None else str(valeur) for valeur in ligne))
    console.print(table)
    for finess, motif, nombre in rejets:
        console.print(f"Rejets {finess} : {motif} {nombre}")
    for finess, flux, version in versions:
        console.print(f"Version {version} inconnue ({finess}, {flux}) : ajouter la version aux seeds")
    for fichier, situation in problemes:
        console.print(f"Fichier {fichier} : {situation}")
    for finess, flux in absents:
        console.print(f"Flux absents {finess} : {flux}")


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
        liste = ", ".join(f"{nombre} {nom}" if nom == "dossiers" else nom for nom, nombre in noms.items())
        console.print(f"Sorties de l'exécution {numero[:8]} : {liste}")
    if len({sortie.execution_id for sortie in presentes if not sortie.archive}) > 1:
        retenue = dernier and dernier["etat"] == "échec"
        cause = " (la dernière exécution n'a pas tout remplacé)" if retenue else ""
        constat = Text("Ces sorties ne sont pas toutes de la même exécution", style="red")
        console.print(constat + f"{cause} : relancez « socle run ».")
    for phrase in avis:
        console.print(Text("Attention", style="red") + f" : {phrase}")
