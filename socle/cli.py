"""The command « socle »: what a data engineer of the hospital types."""

from __future__ import annotations

import contextlib
import sys
import time
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from socle import execution, restitution
from socle.parametres import ErreurSocle, Parametres

# A log keeps whole lines; a terminal decides for itself.
console = Console(width=None if sys.stdout.isatty() else 110)
erreurs = Console(stderr=True)


class _Groupe(click.Group):
    """Tells a known failure in one line instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ErreurSocle as erreur:
            erreurs.print(f"socle : {erreur}", style="red", highlight=False, soft_wrap=True)
            ctx.exit(1)


@click.group(cls=_Groupe, help="Indicateurs d'usage des services socles (INS, DMP, MSSanté) d'un groupe hospitalier.")
def main() -> None:
    """Group of the commands."""


@main.command(help="Écrit une zone de dépôt de démonstration.")
@click.option("--dossier", type=click.Path(path_type=Path), default=Path("demo/exports"), show_default=True)
@click.option("--echelle", type=float, default=1.0, show_default=True, help="Multiplie l'activité.")
@click.option("--graine", type=int, default=2023, show_default=True, help="Même graine, mêmes fichiers.")
@click.option("--fin", type=click.DateTime(["%Y-%m-%d"]), default="2023-12-31", show_default=True)
@click.option("--tables", is_flag=True, help="Le centre hospitalier envoie des tables au lieu de messages HL7.")
def demo(dossier: Path, echelle: float, graine: int, fin: datetime, tables: bool) -> None:
    """Write the demonstration landing zone."""
    from socle.demo import ecrire

    bilan = ecrire(dossier, echelle=echelle, graine=graine, fin=fin.date(), hl7="tables" if tables else "messages")
    console.print(f"{dossier} : {sum(bilan.lignes.values())} lignes, {bilan.octets / 1e6:.1f} Mo", highlight=False)


@main.command(help="Construit l'entrepôt, puis tout ce que les personnes reçoivent.")
@click.option("--sans-qualite", is_flag=True, help="N'écrit pas le rapport de qualité et ne retient pas la publication.")
@click.option("--sans-publication", is_flag=True, help="N'écrit ni publication, ni tableau de bord, ni dossiers.")
@click.option("--sans-cache", is_flag=True, help="Relit tous les fichiers, même ceux déjà lus.")
@click.option("--sans-lectures", is_flag=True, help="Ne calcule pas ce que donneraient les autres lectures des guides.")
def run(sans_qualite: bool, sans_publication: bool, sans_cache: bool, sans_lectures: bool) -> None:
    """Build the warehouse, then the reports."""
    parametres = Parametres(avec_cache=not sans_cache, avec_lectures=not sans_lectures)
    debut = time.time()
    with execution.verrou(parametres) as descripteur:
        try:
            _construire(parametres, descripteur)
            restitution.afficher_resultats(console, parametres.entrepot)
            console.print(f"Entrepôt : {parametres.entrepot}", highlight=False)
            if not sans_qualite:
                _controler(parametres)
            if not sans_publication:
                _publier(parametres)
                _ecrire_tableau_de_bord(parametres)
                _ecrire_dossiers(parametres)
        except ErreurSocle as erreur:
            # On a full disk nothing can be noted; the failure itself is what must be told.
            with contextlib.suppress(OSError):
                execution.noter(parametres, debut, str(erreur))
            raise
        execution.noter(parametres, debut, None)
    console.print(f"Terminé en {time.time() - debut:.0f} s", highlight=False)


def _construire(parametres: Parametres, descripteur: int) -> None:
    colonnes = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[debit]}"),
    )  # fmt: skip
    with Progress(*colonnes, console=console, transient=True, disable=not console.is_terminal) as progression:
        tache = progression.add_task("préparation", total=None, debit="", lignes=0)

        def suivre(etape: execution.Etape) -> None:
            if etape.avis:
                progression.console.print(etape.avis, highlight=False)
            # The rate is that of the reading: it stands still once everything is read.
            vue = progression.tasks[0]
            if vue.elapsed and etape.lignes > vue.fields["lignes"]:
                debit = f"{etape.lignes / vue.elapsed:,.0f} lignes/s".replace(",", "\u202f")
                progression.update(tache, lignes=etape.lignes, debit=debit)
            progression.update(tache, description=etape.couche, completed=etape.fait, total=etape.total)

        execution.construire(parametres, descripteur, suivre)


def _controler(parametres: Parametres) -> None:
    from socle.qualite import controler

    bilan = controler(parametres.entrepot, parametres.sortie, parametres.date_extraction)
    console.print(f"{bilan.resume} : {bilan.rapport}", highlight=False)
    if not bilan.publiable:
        fautes = ", ".join(resultat.controle.nom for resultat in bilan.bloquants)
        raise ErreurSocle(f"Publication retenue, l'ancienne reste en place ({fautes}) : corrigez, voyez {bilan.rapport}.")


def _publier(parametres: Parametres) -> None:
    from socle.publication import publier

    bilan = publier(parametres.entrepot, parametres.sortie, parametres.secret_statistique, parametres.postgres_url)
    console.print(bilan.resume, highlight=False)
    for avertissement in bilan.avertissements:
        console.print(f"  {avertissement}", highlight=False)


def _ecrire_tableau_de_bord(parametres: Parametres) -> None:
    from socle.tableau_de_bord import ecrire

    console.print(f"Tableau de bord : {ecrire(parametres.entrepot, parametres.sortie)}", highlight=False)


def _ecrire_dossiers(parametres: Parametres) -> None:
    from socle.dossier import ecrire

    attendus = restitution.dossiers_attendus(parametres.entrepot)
    for finess, programme in attendus:
        ecrire(parametres.entrepot, parametres.sortie, finess, programme, None)
    console.print(f"Dossiers oSIS : {len(attendus)} dans {parametres.sortie / 'dossiers'}", highlight=False)


@main.command(help="Refait le rapport de qualité.")
def qualite() -> None:
    """Write the quality report of the current warehouse."""
    _controler(Parametres())


@main.command(help="Refait la publication pour les outils d'analyse.")
def publier() -> None:
    """Publish the current warehouse."""
    _publier(Parametres())


@main.command("tableau-de-bord", help="Refait le tableau de bord.")
def tableau_de_bord() -> None:
    """Write the dashboard of the current warehouse."""
    _ecrire_tableau_de_bord(Parametres())


@main.command(help="Écrit le dossier justificatif d'un établissement et d'un programme.")
@click.option("--finess", required=True, help="FINESS de l'entité juridique.")
@click.option("--programme", required=True, help="HOPEN2, IFAQ, SUN_ES, HOPEN ou SEGUR_V2.")
@click.option("--mois", type=click.DateTime(["%Y-%m"]), help="AAAA-MM ; sans lui, le mois où chaque indicateur est jugé.")
def dossier(finess: str, programme: str, mois: datetime | None) -> None:
    """Write one dossier."""
    from socle.dossier import ecrire

    parametres = Parametres()
    for chemin in ecrire(parametres.entrepot, parametres.sortie, finess, programme, mois and mois.date()):
        console.print(str(chemin), highlight=False)


@main.command(help="Dernière exécution, sources vues, rejets, flux absents.")
def etat() -> None:
    """Print the state of the output folder."""
    restitution.afficher_etat(console, Parametres())


if __name__ == "__main__":
    sys.exit(main())
