"""What « socle verifier » shows: a page of the terminal, JSON, or HTML for the people who must correct an export."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import jinja2
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from socle.resultats.mots import nombre
from socle.resultats.programmes import connus
from socle.sorties import ecrire_fichier
from socle.verification.constats import ERREUR, Etablissement, Flux, Verification, en_dict

AVIS_MONTRES = 40
"""Findings that the terminal shows of an EJ; JSON and HTML have them all."""
SIGNES = {ERREUR: ("✗", "red"), "attention": ("▲", "yellow")}


def afficher(console: Console, verification: Verification, seulement_a_corriger: bool = False) -> None:
    """Print a page per EJ, or per EJ that has something to correct: its flux, what to correct, the indicators that can be computed."""
    console.print(f"Exports : {verification.exports}")
    console.print(f"Date d’extraction : {verification.date_extraction:%d/%m/%Y} ({verification.origine_de_la_date})")
    for avis in verification.avis:
        _afficher_un_avis(console, avis.gravite, avis.texte)
    for etablissement in verification.etablissements:
        if seulement_a_corriger and all(avis.gravite != ERREUR for avis in etablissement.avis):
            continue
        console.print()
        console.print(f"{etablissement.finess_ej}  {etablissement.raison_sociale}", style="bold")
        if etablissement.flux:
            console.print(_tableau(etablissement))
        par_correspondance: dict[str, list[str]] = {}
        for flux in etablissement.flux.values():
            for fichier in flux.fichiers:
                if fichier.correspondance:
                    par_correspondance.setdefault(fichier.correspondance, []).append(fichier.fichier)
        for correspondance, fichiers in sorted(par_correspondance.items()):
            autres = f" et {len(fichiers) - 1} autres" if len(fichiers) > 1 else ""
            console.print(f"  {correspondance} lit {fichiers[0]}{autres}", style="dim", soft_wrap=True)
        for avis in sorted(etablissement.avis, key=lambda avis: avis.gravite != ERREUR)[:AVIS_MONTRES]:
            _afficher_un_avis(console, avis.gravite, avis.texte)
        if len(etablissement.avis) > AVIS_MONTRES:
            console.print(f"  … et {len(etablissement.avis) - AVIS_MONTRES} autres : voyez --json ou --html.", style="dim")
        _afficher_les_indicateurs(console, etablissement)
    console.print()
    nb = verification.erreurs
    if nb:
        console.print(f"{nb} point{'s' * (nb > 1)} à corriger (✗) avant « socle run ».", style="red")
    else:
        console.print("Rien n’empêche « socle run ».", style="green")


def _afficher_un_avis(console: Console, gravite: str, texte: str) -> None:
    signe, couleur = SIGNES[gravite]
    console.print(f"  {signe} {texte}", style=couleur, soft_wrap=True)


def _tableau(etablissement: Etablissement) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Flux", min_width=29)
    table.add_column("Lu comme", max_width=16)
    for titre in ("Fich.", "Retenues", "Rempl.", "Rejetées", "Ignorées"):
        table.add_column(titre, justify="right", min_width=len(titre))
    table.add_column("Mois", min_width=11)
    for nom, flux in sorted(etablissement.flux.items()):
        comptes = (nombre(flux.total(compte)) for compte in ("nb_retenues", "nb_remplacees", "nb_rejetees", "nb_ignorees"))
        table.add_row(nom, _lu_comme(flux), nombre(len(flux.fichiers)), *comptes, _mois(flux))
    return table


def _lu_comme(flux: Flux) -> str:
    """How most files of a flux are read."""
    formes = Counter(fichier.lecture for fichier in flux.fichiers if fichier.lecture)
    if not formes:
        return "—"
    (forme, _), *autres = formes.most_common()
    return forme + (f" (+{len(autres)})" if autres else "")


def _mois(flux: Flux) -> str:
    """First and last months with a row, as 08/16→12/23."""
    bornes = dict.fromkeys((min(flux.mois), max(flux.mois))) if flux.mois else {}
    return "→".join(f"{mois[5:]}/{mois[2:4]}" for mois in bornes)


def _afficher_les_indicateurs(console: Console, etablissement: Etablissement) -> None:
    for programme in connus().values():
        siens = [indicateur for indicateur in etablissement.indicateurs if indicateur.programme == programme.code]
        calculables = [indicateur.indicateur for indicateur in siens if not indicateur.manque]
        if siens:
            console.print(
                f"  {programme.libelle} : {len(calculables)} de {len(siens)} calculables {' '.join(calculables)}", style="dim"
            )
    manques: dict[str, list[str]] = {}
    for indicateur in etablissement.indicateurs:
        for flux in indicateur.manque:
            manques.setdefault(flux, []).append(indicateur.indicateur)
    for flux, codes in sorted(manques.items(), key=lambda manque: -len(manque[1])):
        console.print(f"  Sans {flux} : ni {', '.join(codes)}", style="dim")
    for sure in etablissement.valeurs_sures:
        valeur = f"« {sure.valeur} »" if sure.valeur else "rien"
        console.print(f"  {sure.flux}.{sure.colonne} ne distingue rien ; à défaut {valeur} : {sure.effet}", style="dim")


def en_json(verification: Verification) -> str:
    """The whole verification, for a scheduler."""
    return json.dumps({"erreurs": verification.erreurs, **en_dict(verification)}, ensure_ascii=False, indent=1)


def ecrire_html(verification: Verification, chemin: Path) -> None:
    """Write the page, for its owner only: it may show values of the exports.

    Raises:
        OSError: the file cannot be written.
    """
    gabarits = jinja2.Environment(
        loader=jinja2.PackageLoader("socle.verification", "gabarits"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    gabarits.filters["nombre"] = nombre
    page = gabarits.get_template("verification.html.j2").render(
        v=verification, mois=_mois, lu_comme=_lu_comme, programmes=connus()
    )
    ecrire_fichier(chemin, page.encode(), 0o600)
