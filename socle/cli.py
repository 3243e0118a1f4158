"""The command « socle »: what a data engineer of the hospital types."""

from __future__ import annotations

import contextlib
import gettext
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from socle import execution, historique, restitution, sorties
from socle.entrepot import execution_de
from socle.lecture.lac import nettoyer
from socle.parametres import VARIABLE_EXTRACTION, VARIABLES, ErreurSocle, Parametres, raison
from socle.resultats import programmes
from socle.resultats.lecture import lire
from socle.resultats.mots import nombre

# A log keeps whole lines; a terminal decides for itself. A name or a path may hold brackets: they are text, never markup.
TEXTE: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}
console = Console(width=None if sys.stdout.isatty() else 110, **TEXTE)
erreurs = Console(stderr=True, **TEXTE)

ECHELLE_MAXIMALE = 10_000


class _Groupe(click.Group):
    """Tells a known failure, or the signal that ended the command, in one line instead of a traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Start again in UTF-8 where the locale is not: names of files and accents are the same everywhere."""
        if sys.getfilesystemencoding() != "utf-8":
            sortie = sys.stdout.encoding if sys.stdout.encoding.lower() not in ("ascii", "ansi_x3.4-1968") else "utf-8"
            os.environ |= {"PYTHONUTF8": "1", "PYTHONIOENCODING": f"{sortie}:replace"}
            os.execv(sys.executable, [sys.executable, "-m", "socle.cli", *sys.argv[1:]])
        # What click itself says.
        os.environ["LANGUAGE"] = "fr"
        gettext.bindtextdomain("messages", Path(__file__).with_name("traductions"))
        return super().main(*args, **({"prog_name": "socle"} | kwargs))

    def invoke(self, ctx: click.Context) -> object:
        # Everything may hold patient data; what is for other accounts is opened to them by name.
        os.umask(0o077)
        execution.ecouter_les_signaux()
        try:
            return super().invoke(ctx)
        except BaseException as erreur:
            if interruption := execution.interruption(erreur):
                nom = signal.Signals(interruption.signal).name
                erreurs.print(f"socle : interrompu ({nom}) ; « socle etat » dit ce qui est en place.", style="red")
                ctx.exit(128 + interruption.signal)
            # A page of the warehouse or a file of the lake shows its damage when it is read, wherever that is.
            if isinstance(erreur, duckdb.Error) and not isinstance(erreur, duckdb.ParserException):
                arret = str(erreur).splitlines()[0]
                erreur = ErreurSocle(f"Lecture arrêtée ({arret}) : relancez « socle run », qui refait ce qui est abîmé.")
            if not isinstance(erreur, ErreurSocle):
                raise
            erreurs.print(f"socle : {erreur}", style="red", soft_wrap=True)
            ctx.exit(1)


def _retenir(variable: str) -> Callable[[click.Context, click.Parameter, object], None]:
    """What an option says stands for its environment variable, which dbt reads too."""

    def retenir(_: click.Context, __: click.Parameter, valeur: object) -> None:
        if valeur:
            os.environ[variable] = str(valeur)

    return retenir


def _option(nom: str, variable: str, metavar: str, aide: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        nom, envvar=variable, show_envvar=True, metavar=metavar, help=aide, expose_value=False, callback=_retenir(variable)
    )


option_exports = _option("--exports", "SOCLE_EXPORTS", "DOSSIER", "Zone de dépôt, demo/exports par défaut.")
option_sortie = _option("--sortie", "SOCLE_SORTIE", "DOSSIER", "Dossier de tout ce qui est écrit, sortie par défaut.")
option_date = _option(
    "--date", VARIABLE_EXTRACTION, "AAAA-MM-JJ", "Dernier jour connu ; sans elle, celui que disent les exports."
)

AIDE_DES_PROGRAMMES = " ou ".join(", ".join(programmes.connus()).rsplit(", ", 1)) + "."
AIDE = "\n\n".join(["Variables d'environnement :", "\b\n" + "\n".join(f"{nom:<26}{sens}" for nom, sens in VARIABLES.items())])
"""The variables, as the help of the command ends."""


@click.group(
    cls=_Groupe,
    help="Indicateurs d'usage des services socles (INS, DMP, MSSanté) d'un groupe hospitalier.",
    epilog=AIDE,
    subcommand_metavar="COMMANDE [ARGUMENTS]…",
    context_settings={"max_content_width": 120},
)
@click.version_option(version("socle"), message="%(prog)s %(version)s", help="Affiche la version.")
def main() -> None:
    """Group of the commands."""


@main.command(help="Écrit une zone de dépôt de démonstration.")
@click.option(
    "--dossier",
    type=click.Path(path_type=Path),
    default=Path("demo/exports"),
    show_default=True,
    metavar="DOSSIER",
    help="Où l'écrire.",
)
@click.option("--echelle", type=float, default=1.0, show_default=True, metavar="NOMBRE", help="Multiplie l'activité.")
@click.option(
    "--graine", type=click.IntRange(min=0), default=2023, show_default=True, metavar="ENTIER", help="Même graine, mêmes fichiers."
)
@click.option(
    "--fin",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2023-12-31",
    show_default=True,
    metavar="AAAA-MM-JJ",
    help="Dernier jour.",
)
@click.option("--tables", is_flag=True, help="Le centre hospitalier envoie des tables au lieu de messages HL7.")
def demo(dossier: Path, echelle: float, graine: int, fin: datetime, tables: bool) -> None:
    """Write the demonstration landing zone."""
    try:
        from demo import ecrire
    except ModuleNotFoundError as erreur:
        if erreur.name != "demo":
            raise
        raise ErreurSocle("La démonstration n'est pas installée ici : lancez « socle demo » depuis le dépôt de socle.") from None
    if not 0 < echelle <= ECHELLE_MAXIMALE:
        raise ErreurSocle(f"--echelle {echelle} : écrivez un nombre entre 0 et {ECHELLE_MAXIMALE}.")
    if not 1900 <= fin.year <= 2199:
        raise ErreurSocle(f"--fin {fin:%Y-%m-%d} : choisissez une année entre 1900 et 2199.")
    try:
        bilan = ecrire(dossier, echelle=echelle, graine=graine, fin=fin.date(), hl7="tables" if tables else "messages")
    except OSError as erreur:
        raise ErreurSocle(f"{dossier} ne peut pas être écrit ({raison(erreur)}) : choisissez un autre dossier.") from None
    console.print(f"{dossier} : {nombre(sum(bilan.lignes.values()))} lignes, {nombre(bilan.octets / 1e6, 1)} Mo")


@main.command(help="Construit l'entrepôt, puis tout ce que les personnes reçoivent.")
@option_exports
@option_sortie
@option_date
@click.option("--sans-qualite", is_flag=True, help="N'écrit pas le rapport de qualité et ne retient pas la publication.")
@click.option("--sans-publication", is_flag=True, help="N'écrit ni publication, ni tableau de bord, ni dossiers.")
@click.option("--sans-cache", is_flag=True, help="Relit tous les fichiers, même ceux déjà lus.")
@click.option("--sans-lectures", is_flag=True, help="Ne calcule pas ce que donneraient les autres lectures des guides.")
def run(sans_qualite: bool, sans_publication: bool, sans_cache: bool, sans_lectures: bool) -> None:
    """Build the warehouse, then the reports: everything is prepared aside, then put in place together."""
    parametres = Parametres(tout_relire=sans_cache, avec_lectures=not sans_lectures)
    debut = time.time()
    with (
        execution.verrou(parametres) as descripteur,
        execution.suivi(parametres) as compte_rendu,
        sorties.preparation(parametres.sortie) as prepare,
    ):
        pretes: list[str] = []
        try:
            _construire(parametres, descripteur)
            compte_rendu |= dict(zip(("execution_id", "date_extraction"), execution_de(parametres.construction), strict=True))
            pretes += [sorties.DBT, sorties.ENTREPOT]
            _ajouter_a_l_historique(parametres, pretes)
            _restituer(parametres, pretes, sans_qualite, sans_publication)
            compte_rendu["etape"] = "mise en place"
            execution.noter(parametres, compte_rendu)
            _mettre_en_place(parametres, prepare, pretes)
            nettoyer(parametres.lac, parametres.entrepot, parametres.entrepot_precedent)
        except ErreurSocle as erreur:
            # What people receive stays that of the former run; the warehouse and the report say what is wrong with this one.
            if sorties.ENTREPOT not in pretes or restitution.sans_venue(parametres.construction):
                _dire_ce_que_valent_les_exports(parametres, str(erreur))
            pretes = [partie for partie in pretes if partie not in sorties.RESTITUEES]
            with execution.sans_interruption(), contextlib.suppress(OSError):
                sorties.mettre_en_place(prepare, parametres.sortie, pretes)
            raise ErreurSocle(str(erreur).replace(f"{sorties.PREPARATION}/", "")) from erreur
    console.print(f"Terminé en {time.time() - debut:.0f} s")


@main.command(
    help="Dit ce que valent les exports, sans rien construire : fichiers, rejets, liens, mois, indicateurs calculables.",
    short_help="Dit ce que valent les exports, sans rien construire.",
)
@option_exports
@option_sortie
@option_date
@click.option("--json", "en_json", is_flag=True, help="Écrit tout en JSON, pour un ordonnanceur.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FICHIER",
    help="Écrit aussi une page, pour qui corrige l’export.",
)
@click.pass_context
def verifier(ctx: click.Context, en_json: bool, html: Path | None) -> None:
    """Look at the exports; exit with 1 when something is to be corrected."""
    from socle.verification import affichage
    from socle.verification import verifier as examiner

    parametres = Parametres()
    parametres.verifier_exports()
    with execution.verrou(parametres):
        verification = examiner(parametres)
    if en_json:
        click.echo(affichage.en_json(verification))
    else:
        affichage.afficher(console, verification)
    if html:
        try:
            affichage.ecrire_html(verification, html)
        except OSError as erreur:
            raise ErreurSocle(f"{html} ne peut pas être écrit ({raison(erreur)}) : choisissez un autre chemin.") from None
    if verification.erreurs:
        ctx.exit(1)


@main.command(
    help="Écrit une zone de dépôt à remplir, et propose les correspondances des exports que l'hôpital a déjà.",
    short_help="Écrit une zone de dépôt à remplir, propose des correspondances.",
)
@option_exports
@click.option(
    "--finess", multiple=True, metavar="FINESS", help="FINESS d'une entité juridique ; à répéter s'il y en a plusieurs."
)
@click.option("--depuis", is_flag=True, help="Regarde les FICHIERS de l'hôpital et propose leurs correspondances.")
@click.argument("fichiers", nargs=-1, type=click.Path(path_type=Path), metavar="[FICHIERS]…")
def init(finess: tuple[str, ...], depuis: bool, fichiers: tuple[Path, ...]) -> None:
    """Write a landing zone, and drafts of correspondences."""
    from socle import initialisation

    if not os.environ.get("SOCLE_EXPORTS"):
        raise ErreurSocle("Où écrire la zone de dépôt ? Donnez --exports DOSSIER, ou SOCLE_EXPORTS.")
    if depuis != bool(fichiers):
        raise ErreurSocle("Donnez à --depuis les fichiers de l'export : socle init --finess 010000001 --depuis GAM_*.csv")
    zone = Parametres().exports
    if depuis and len(finess) != 1:
        raise ErreurSocle("Un export est celui d'un établissement : donnez un --finess, et un seul, avec --depuis.")
    for ligne in initialisation.ecrire_la_zone(zone, finess):
        console.print(ligne, soft_wrap=True)
    if depuis:
        for ligne in initialisation.proposer(zone, finess[0], list(fichiers)):
            console.print(ligne, soft_wrap=True)
        console.print("Relisez ces propositions, puis lancez « socle verifier ».")
    elif not finess:
        console.print("Ajoutez vos établissements : socle init --finess 010000001")


def _dire_ce_que_valent_les_exports(parametres: Parametres, cause: str) -> None:
    """Print what « socle verifier » says of the establishments whose exports have something to correct.

    Args:
        parametres: of the run that failed.
        cause: why it failed, which is told after this.
    """
    from socle.verification import affichage
    from socle.verification import verifier as examiner

    try:
        verification = examiner(parametres)
    except (ErreurSocle, OSError, duckdb.Error) as erreur:
        # What stopped the build most often stops this too.
        if str(erreur) not in cause:
            console.print(f"Les exports n'ont pas pu être vérifiés : {erreur}", soft_wrap=True)
        return
    if verification.erreurs:
        affichage.afficher(console, verification, seulement_a_corriger=True)


def _signaler_ce_qui_a_bouge(parametres: Parametres) -> None:
    """Tell the periods known in full that this run changes; the results do not wait for what cannot be compared."""
    from socle import comparaison
    from socle.comparaison import affichage

    if not parametres.entrepot.exists():
        return
    try:
        affichage.signaler(console, comparaison.comparer_entrepots(parametres.construction, parametres.entrepot, deja_connu=True))
    except ErreurSocle as erreur:
        console.print(f"Rien ne dit ce qui a bougé depuis l'exécution précédente : {erreur}", style="yellow", soft_wrap=True)


def _ajouter_a_l_historique(parametres: Parametres, pretes: list[str]) -> None:
    """Add the run to the history; one that was altered is told and left as it is, the results do not wait for it."""
    try:
        historique.ajouter(
            parametres.construction, parametres.sortie / sorties.HISTORIQUE, parametres.preparation / sorties.HISTORIQUE
        )
        pretes.append(sorties.HISTORIQUE)
    except ErreurSocle as erreur:
        console.print(f"Attention : {erreur}", style="yellow")


def _restituer(parametres: Parametres, pretes: list[str], sans_qualite: bool, sans_publication: bool) -> None:
    """Write in the folder of preparation what people read of the new warehouse; ``pretes`` gets the parts that are ready."""
    aside = replace(parametres, sortie=parametres.preparation, postgres_url=None)
    restitution.afficher_resultats(console, aside.entrepot)
    console.print(f"Entrepôt : {parametres.entrepot}")
    _signaler_ce_qui_a_bouge(parametres)
    if sans_qualite and (cause := restitution.sans_venue(aside.entrepot)):
        console.print(f"Attention : {cause}.", style="yellow")
    if not sans_qualite:
        ancien = parametres.sortie / sorties.QUALITE / "historique"
        if ancien.exists():
            shutil.copytree(ancien, aside.sortie / sorties.QUALITE / "historique")
        pretes.append(sorties.QUALITE)
        with _en_cours("rapport de qualité"):
            _controler(aside)
    if not sans_publication:
        with _en_cours("publication"):
            _publier(aside)
        with _en_cours("tableau de bord"):
            _ecrire_tableau_de_bord(aside, parametres.sortie)
        with _en_cours("dossiers"):
            _ecrire_dossiers(aside)
        pretes += sorties.RESTITUEES


@contextlib.contextmanager
def _en_cours(quoi: str) -> Iterator[None]:
    """Show on a terminal what is being made, and for how long."""
    colonnes = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*colonnes, console=console, transient=True, disable=not console.is_terminal) as progression:
        progression.add_task(quoi, total=None)
        yield


def _mettre_en_place(parametres: Parametres, prepare: Path, pretes: list[str]) -> None:
    from socle.publication.copie import mettre_en_place

    url = parametres.postgres_url if sorties.PUBLICATION in pretes else None
    try:
        avertissements = mettre_en_place(prepare, parametres.sortie, pretes, url)
    except OSError as erreur:
        raise ErreurSocle(
            f"Mise en place inachevée dans {parametres.sortie} ({raison(erreur)}) : « socle etat » dit ce qui l'est, relancez."
        ) from None
    for avertissement in avertissements:
        console.print(f"  {avertissement}")
    if url:
        console.print("PostgreSQL : schéma socle remplacé")


def _construire(parametres: Parametres, descripteur: int) -> None:
    colonnes = (
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[debit]}", markup=False),
    )  # fmt: skip
    with Progress(*colonnes, console=console, transient=True, disable=not console.is_terminal) as progression:
        tache = progression.add_task("préparation", total=None, debit="", lignes=0)

        def suivre(etape: execution.Etape) -> None:
            if etape.avis:
                progression.console.print(etape.avis)
            # The rate is that of the reading: it stands still once everything is read.
            vue = progression.tasks[0]
            if vue.elapsed and etape.lignes > vue.fields["lignes"]:
                debit = f"{nombre(etape.lignes / vue.elapsed)} lignes/s"
                progression.update(tache, lignes=etape.lignes, debit=debit)
            progression.update(tache, description=etape.couche, completed=etape.fait, total=etape.total)

        execution.construire(parametres, descripteur, suivre)


def _place(chemin: Path) -> Path:
    """Where a path of the folder of preparation will be."""
    return Path(*(partie for partie in chemin.parts if partie != sorties.PREPARATION))


def _controler(parametres: Parametres) -> None:
    from socle.qualite import controler

    jour = date.fromisoformat(execution_de(parametres.entrepot).date_extraction)
    bilan = controler(parametres.entrepot, parametres.sortie, jour)
    console.print(f"{bilan.resume} : {_place(bilan.rapport)}")
    if not bilan.publiable:
        fautes = ", ".join(resultat.controle.nom for resultat in bilan.bloquants)
        cause = restitution.sans_venue(parametres.entrepot)
        remede = f"{cause}. Voyez" if cause else "corrigez, voyez"
        raise ErreurSocle(f"Publication retenue, l'ancienne reste en place ({fautes}) : {remede} {bilan.rapport}.")


def _publier(parametres: Parametres) -> None:
    from socle.publication import publier

    bilan = publier(parametres.entrepot, parametres.sortie, parametres.secret_statistique, parametres.postgres_url)
    bilan = replace(bilan, duckdb=_place(bilan.duckdb), parquet=_place(bilan.parquet))
    console.print(bilan.resume)
    for avertissement in bilan.avertissements:
        console.print(f"  {avertissement}")


def _ecrire_tableau_de_bord(parametres: Parametres, passe: Path) -> None:
    from socle.tableau_de_bord import ecrire

    page = ecrire(parametres.entrepot, parametres.sortie, parametres.secret_statistique, passe)
    console.print(f"Tableau de bord : {_place(page)}")


def _ecrire_dossiers(parametres: Parametres) -> None:
    from socle.dossier import ecrire

    attendus = lire(parametres.entrepot).dossiers_attendus()
    for finess, programme in attendus:
        ecrire(parametres.entrepot, parametres.sortie, finess, programme, None)
    console.print(f"Dossiers oSIS : {len(attendus)} dans {_place(parametres.sortie / 'dossiers')}")


@contextlib.contextmanager
def _actuel() -> Iterator[Parametres]:
    """The current warehouse, which nobody replaces meanwhile."""
    parametres = Parametres()
    execution_de(parametres.entrepot)
    with execution.verrou(parametres):
        yield parametres


@main.command(help="Refait le rapport de qualité.")
@option_sortie
def qualite() -> None:
    """Write the quality report of the current warehouse."""
    with _actuel() as parametres:
        _controler(parametres)


@main.command(help="Refait la publication pour les outils d'analyse.")
@option_sortie
def publier() -> None:
    """Publish the current warehouse."""
    with _actuel() as parametres:
        _publier(parametres)


@main.command(help="Écrit un tableau de bord Superset sur la publication, à importer.")
@option_sortie
@click.option(
    "--base", metavar="ADRESSE", help="Adresse SQLAlchemy de la base que lira Superset ; le fichier DuckDB publié par défaut."
)
@click.option("--vers", type=click.Path(dir_okay=False, path_type=Path), metavar="FICHIER", help="Fichier à écrire.")
def superset(base: str | None, vers: Path | None) -> None:
    """Write the dashboard that Superset imports."""
    from socle.publication.superset import ARCHIVE, ecrire

    parametres = Parametres()
    publication = parametres.sortie / sorties.PUBLICATION / sorties.MARTS_PUBLIES
    console.print(str(ecrire(publication, vers or parametres.sortie / ARCHIVE, base)), soft_wrap=True)


@main.command("tableau-de-bord", help="Refait le tableau de bord.")
@option_sortie
def tableau_de_bord() -> None:
    """Write the dashboard of the current warehouse."""
    with _actuel() as parametres:
        _ecrire_tableau_de_bord(parametres, parametres.sortie)


@main.command(help="Écrit le dossier justificatif d'un établissement et d'un programme.")
@option_sortie
@click.option("--finess", required=True, metavar="FINESS", help="FINESS de l'entité juridique.")
@click.option("--programme", required=True, metavar="PROGRAMME", help=AIDE_DES_PROGRAMMES)
@click.option(
    "--mois", type=click.DateTime(["%Y-%m"]), metavar="AAAA-MM", help="Sans lui, le mois où chaque indicateur est jugé."
)
def dossier(finess: str, programme: str, mois: datetime | None) -> None:
    """Write one dossier."""
    from socle.dossier import ecrire

    with _actuel() as parametres:
        for chemin in ecrire(parametres.entrepot, parametres.sortie, finess, programme, mois and mois.date()):
            console.print(str(chemin))


@main.command("exemple-cda", help="Écrit une copie anonymisée d'un document, à joindre comme exemple dans oSIS.")
@option_sortie
@click.argument("fichier", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--finess", metavar="FINESS", help="EJ du document du lac.")
@click.option("--document", "document_id", metavar="DOCUMENT", help="Identifiant d'un document reçu par message.")
@click.option(
    "--cacher", "zones", multiple=True, metavar="PAGE:X,Y,L,H", help="Zone à cacher d'un corps en PDF, en % de la page."
)
@click.option("--vers", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FICHIER", help="Copie à écrire.")
def exemple_cda(fichier: Path | None, finess: str | None, document_id: str | None, zones: tuple[str, ...], vers: Path) -> None:
    """Write an anonymised copy of a CDA."""
    from socle.dossier import exemple
    from socle.lecture.hl7 import document_d_un_fichier

    if (fichier is None) != bool(finess and document_id):
        raise ErreurSocle("Donnez le fichier du document, ou --finess et --document.")
    if fichier is not None:
        document = document_d_un_fichier(fichier.read_bytes())
    else:
        with _actuel() as parametres:
            document = exemple.du_lac(parametres.entrepot, parametres.exports, str(finess), str(document_id))
    copie = exemple.masquer(document, [exemple.zone(texte) for texte in zones])
    try:
        sorties.ecrire_fichier(vers, copie)
    except OSError as erreur:
        raise ErreurSocle(f"{vers} ne peut pas être écrit ({raison(erreur)}) : choisissez un autre endroit.") from None
    console.print(f"{vers} : relisez-la avant de la joindre ; ce qu'un texte libre dit d'un proche ne se reconnaît pas.")


@main.command(help="Écrit ce qu'un site envoie à une plateforme commune à plusieurs groupes.")
@option_sortie
@click.option(
    "--vers", type=click.Path(path_type=Path), required=True, metavar="DOSSIER", help="Dossier à écrire, ou à mettre à jour."
)
@click.option(
    "--pseudonymiser",
    "cle",
    type=click.Path(path_type=Path),
    metavar="FICHIER",
    help="Fichier de la clé par laquelle remplacer les identifiants.",
)
def exporter(vers: Path, cle: Path | None) -> None:
    """Write what a cluster reads of the current warehouse."""
    from socle.region.envoi import exporter as envoyer

    with _actuel() as parametres:
        envoi = envoyer(parametres.entrepot, vers, cle)
    console.print(f"{vers} : {envoi.relations} relations, {nombre(envoi.lignes)} lignes, {len(envoi.ej)} EJ")


@main.command(help="Construit sur Spark l'entrepôt de plusieurs groupes, d'après ce que chacun a envoyé.")
@option_sortie
@click.option(
    "--depuis",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    metavar="DOSSIER",
    help="Dossier d'un site ; à répéter, un par site.",
)
@click.option(
    "--cible", default="spark_local", show_default=True, metavar="CIBLE", help="Cible du profil dbt : spark_local ou spark."
)
def region(depuis: tuple[Path, ...], cible: str) -> None:
    """Build on Spark what several sites sent."""
    from socle.region.reception import construire

    parametres = Parametres()
    with execution.verrou(parametres):
        sites = construire(list(depuis), cible, parametres)
    console.print(f"{len(sites)} sites, {sum(len(site.ej) for site in sites)} EJ")


@main.command(
    help="Les unités d'un taux, une par une : qui compte, qui ne compte pas et à quelle étape, avec ipp, iep et dates.",
    short_help="Les unités d'un taux, une par une.",
)
@option_sortie
@click.argument("code", metavar="CODE")
@click.option("--finess", metavar="FINESS", help="Un établissement ; tous par défaut.")
@click.option("--mois", type=click.DateTime(["%Y-%m"]), metavar="AAAA-MM", help="Sans lui, la période où chacun est jugé.")
@click.option("--csv", "en_csv", is_flag=True, help="Écrit un CSV dans <sortie>/selections, que son seul propriétaire peut lire.")
def selections(code: str, finess: str | None, mois: datetime | None, en_csv: bool) -> None:
    """Print the units of an indicator, or write them as CSV."""
    from socle import selections as unites

    parametres = Parametres()
    jour = mois and mois.date()
    selection = unites.lire(parametres.entrepot, code, finess, jour)
    if en_csv:
        with execution.verrou(parametres):
            console.print(str(unites.ecrire(selection, parametres.sortie, finess, jour)), soft_wrap=True)
    else:
        unites.afficher(console, selection)


def options_d_un_depot(obligatoires: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options that name a deposit."""

    def ajouter(commande: Callable[..., None]) -> Callable[..., None]:
        for nom, sens in (
            ("--mois", {"type": click.DateTime(["%Y-%m"]), "metavar": "AAAA-MM", "help": "Mois où finit la période déposée."}),
            ("--programme", {"metavar": "PROGRAMME", "help": AIDE_DES_PROGRAMMES}),
            ("--finess", {"metavar": "FINESS", "help": "FINESS de l'entité juridique."}),
        ):
            commande = click.option(nom, required=obligatoires, **sens)(commande)
        return commande

    return ajouter


@main.command(help="Fige un dépôt : les valeurs, l'empreinte de son dossier, et les unités comptées.")
@option_sortie
@options_d_un_depot(obligatoires=True)
def deposer(finess: str, programme: str, mois: datetime) -> None:
    """Freeze a deposit."""
    from socle import depots

    with _actuel() as parametres:
        console.print(str(depots.deposer(parametres.entrepot, parametres.sortie, finess, programme, mois.date())))


@main.command(
    help="Dit ce qui a bougé et pourquoi, unité par unité : depuis l'exécution précédente ; depuis un dépôt (--finess, --programme"
    " et --mois) ; ou, en valeurs, depuis une exécution de l'historique (--depuis).",
    short_help="Dit ce qui a bougé et pourquoi, unité par unité.",
)
@option_sortie
@options_d_un_depot(obligatoires=False)
@click.option("--depuis", metavar="EXÉCUTION", help="Début du numéro d'une exécution de l'historique.")
@click.option(
    "--csv", "en_csv", is_flag=True, help="Écrit les unités dans <sortie>/selections, que son seul propriétaire peut lire."
)
def comparer(finess: str | None, programme: str | None, mois: datetime | None, depuis: str | None, en_csv: bool) -> None:
    """Compare a former run, or a deposit, with the current warehouse."""
    from socle import comparaison, depots, selections
    from socle.comparaison import affichage

    donnees = [option for option in (finess, programme, mois) if option]
    if donnees and (len(donnees) < 3 or depuis):
        raise ErreurSocle("Donnez --finess, --programme et --mois d'un dépôt, ou --depuis, ou rien.")
    with _actuel() as parametres:
        csv = parametres.sortie / selections.DOSSIER / "mouvements.csv"
        if en_csv:
            sorties.creer(csv.parent, 0o700)
        with sorties.a_cote(csv) if en_csv else contextlib.nullcontext() as unites:
            if finess and programme and mois:
                bilan = depots.comparer(parametres.entrepot, parametres.sortie, finess, programme, mois.date(), unites)
            elif depuis:
                passe = parametres.sortie / sorties.HISTORIQUE
                bilan = comparaison.comparer_depuis(parametres.entrepot, parametres.entrepot_precedent, passe, depuis, unites)
            elif parametres.entrepot_precedent.exists():
                bilan = comparaison.comparer_entrepots(parametres.entrepot, parametres.entrepot_precedent, unites=unites)
            else:
                raise ErreurSocle(f"Aucune exécution avant celle-ci dans {parametres.sortie} : la prochaine se comparera à elle.")
        affichage.afficher(console, bilan)
        if en_csv and bilan.mouvements is not None:
            console.print(str(csv), soft_wrap=True)


@main.command(help="Dernière exécution, sources vues, rejets, flux absents.")
@option_sortie
def etat() -> None:
    """Print the state of the output folder."""
    restitution.afficher_etat(console, Parametres())


if __name__ == "__main__":
    sys.exit(main())
