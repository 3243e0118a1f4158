"""Short French tables printed on the terminal: the results of a run, the state of the warehouse."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from socle.parametres import ErreurSocle, Parametres

PROGRAMMES = {
    "HOPEN2": "HOP'EN2",
    "IFAQ": "IFAQ",
    "SUN_ES": "SUN-ES",
    "HOPEN": "HOP'EN",
    "SEGUR_V2": "Ségur vague 2",
}
"""Names of the programmes as the ministry writes them, in the order of the catalogue."""

MOTIFS = {
    "FLUX_ABSENT": "flux absent",
    "NON_CONCERNE": "non concerné",
    "ACTIVITE_ABSENTE": "activité absente",
    "AUCUN_CAS": "aucun cas",
}
"""Reasons for which an indicator is not applicable, as they are shown."""


def ouvrir(entrepot: Path) -> duckdb.DuckDBPyConnection:
    """Open a warehouse for reading.

    Raises:
        ErreurSocle: no warehouse there, or one that is being written.
    """
    if not entrepot.exists():
        raise ErreurSocle(f"Aucun entrepôt dans {entrepot.parent} : lancez « socle run ».")
    try:
        return duckdb.connect(str(entrepot), read_only=True)
    except duckdb.Error:
        raise ErreurSocle(f"{entrepot} est ouvert en écriture par un autre programme : fermez-le et relancez.") from None


def pourcentage(taux: float | None) -> str:
    """A rate as the French write it, one decimal, or a dash."""
    return "—" if taux is None else f"{taux:.1f} %".replace(".", ",")


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
                i.programme, i.indicateur, i.libelle, i.finess_ej, i.taux, i.cible, i.cible_atteinte, i.motif_non_applicable,
                case when i.choix <> 'DERNIERE_PERIODE' then strftime(i.periode_debut, '%m/%y') else '' end
            from marts.indicateurs_juges as i
            where i.axe = 'TOUS' and i.programme in ('HOPEN2', 'IFAQ', 'SUN_ES')
            order by i.ordre, i.finess_ej
            """
        ).fetchall()
    largeur_libelle = console.width - 12 - 24 * len(etablissements)
    tableau = _par_indicateur(etablissements, lignes, largeur_libelle) if largeur_libelle >= 24 else _par_etablissement(lignes)
    console.print(tableau)
    for finess, nom in etablissements:
        console.print(f"  {finess}  {nom}", style="dim", highlight=False)
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
        cellule = MOTIFS.get(motif, "")
        if not cellule:
            signe = "  " if atteinte is None else (" ✓" if atteinte else " ✗")
            cellule = pourcentage(taux) + (f" / {cible}" if cible is not None else "") + signe + (f" {mois}" if mois else "")
        par_indicateur.setdefault((programme, code, libelle), {})[finess] = cellule
    precedent = None
    for (programme, code, libelle), cellules in par_indicateur.items():
        if programme != precedent:
            table.add_section()
            table.add_row("", f"[bold]{PROGRAMMES[programme]}[/]")
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


def afficher_etat(console: Console, parametres: Parametres) -> None:
    """Print the last run, the sources seen, the rejected rows and the missing flux."""
    try:
        dernier = json.loads((parametres.sortie / "dernier_run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ErreurSocle(f"Aucune exécution dans {parametres.sortie} : lancez « socle run ».") from None
    issue = f"[red]échec[/] : {dernier['echec']}" if dernier["echec"] else "[green]réussie[/]"
    console.print(f"Dernière exécution : {dernier['debut']}, {dernier['duree_secondes']} s, {issue}", highlight=False)
    console.print(f"Exports : {dernier['exports']}, date d'extraction {dernier['date_extraction']}", highlight=False)
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
        console.print(f"Rejets {finess} : {motif} {nombre}", highlight=False)
    for finess, flux, version in versions:
        console.print(f"Version {version} inconnue ({finess}, {flux}) : ajouter la version aux seeds", highlight=False)
    for fichier, etat in problemes:
        console.print(f"Fichier {fichier} : {etat}", highlight=False)
    for finess, flux in absents:
        console.print(f"Flux absents {finess} : {flux}", highlight=False)
