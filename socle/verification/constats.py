"""What a landing zone holds, per EJ and flux: files, rows, rejects, joins, months, and the indicators that it allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import yaml

from socle import graines
from socle.lecture import inventaire as inv
from socle.lecture.contrat import Colonne, contrat
from socle.lecture.correspondances import situer
from socle.lecture.depot import consulter
from socle.lecture.inventaire import Fichier
from socle.lecture.lac import LIGNES_PAR_FICHIER
from socle.lecture.pmsi_transmissions import PART_CUMULATIVE
from socle.parametres import RACINE, Parametres, dire_la_memoire
from socle.resultats.mots import nombre, pourcentage

VALEURS_MONTREES = 3
"""Values that are shown of a kind of reject."""
ERREUR, ATTENTION = "erreur", "attention"
REMEDES = {
    "OBLIGATOIRE_VIDE": "remplissez-la dans l’export, ou donnez une constante dans la correspondance",
    "TYPE_ILLISIBLE": "corrigez l’export, ou dites la forme dans la correspondance",
    "HORS_VALEURS": "ajoutez ces valeurs à la colonne « valeurs » de la correspondance",
    "NOMBRE_DE_CHAMPS": "des lignes n’ont pas le nombre de champs de l’en-tête : mettez entre guillemets ce qui contient le délimiteur",
    "DATES_INCOHERENTES": "corrigez l’export",
}


@dataclass
class Avis:
    """Something to correct (« erreur ») or to look at (« attention »), in one French sentence."""

    gravite: str
    texte: str


@dataclass
class FichierVu:
    """One file, or one reading of it: how it is read and what became of its lines."""

    fichier: str
    etat: str
    raison: str | None
    lecture: str
    correspondance: str | None
    extrait_le: date | None
    nb_lues: int
    nb_retenues: int
    nb_remplacees: int
    nb_rejetees: int
    nb_ignorees: int
    colonnes_manquantes: str | None
    colonnes_inconnues: str | None
    colonnes_non_lues: list[str]


@dataclass
class Rejet:
    """A reason for which rows of a flux are rejected, for one column: rows concerned, first values, place of the first row."""

    motif: str
    colonne: str | None
    nb: int
    valeurs: list[str]
    exemple: str | None


@dataclass
class Jointure:
    """A column that names rows of another flux: rows that have it, those that name nothing, place of the first."""

    colonne: str
    vers: str
    nb: int
    nb_sans: int
    exemple: str | None


@dataclass
class Flux:
    """A flux of an EJ; ``mois``: rows of each month covered, by the first date that the contract obliges to."""

    flux: str
    fichiers: list[FichierVu] = field(default_factory=list)
    rejets: list[Rejet] = field(default_factory=list)
    jointures: list[Jointure] = field(default_factory=list)
    mois: dict[str, int] = field(default_factory=dict)

    def total(self, compte: str) -> int:
        """Sum of an account of its files."""
        return sum(getattr(fichier, compte) for fichier in self.fichiers)

    def mois_vides(self, fin: date) -> list[str]:
        """Months without a row, among the twelve before a day that come after its first one."""
        douze = [f"{fin.year - (fin.month <= recul):04}-{(fin.month - recul - 1) % 12 + 1:02}" for recul in range(12, 0, -1)]
        return [mois for mois in douze if self.mois and mois > min(self.mois) and mois not in self.mois]


@dataclass
class Indicateur:
    """An indicator of the catalogue, and the flux that it lacks, as « dpi/interventions ou pmsi/mco »."""

    indicateur: str
    programme: str
    libelle: str
    manque: list[str]


@dataclass
class ValeurSure:
    """A column for which the export has nothing: what may be put there, and what it costs."""

    flux: str
    colonne: str
    valeur: str
    effet: str


@dataclass
class Etablissement:
    """Everything that is known of an EJ before a build."""

    finess_ej: str
    raison_sociale: str
    flux: dict[str, Flux] = field(default_factory=dict)
    autres_fichiers: list[FichierVu] = field(default_factory=list)
    indicateurs: list[Indicateur] = field(default_factory=list)
    valeurs_sures: list[ValeurSure] = field(default_factory=list)
    avis: list[Avis] = field(default_factory=list)


@dataclass
class Verification:
    """What « socle verifier » says; ``avis`` is of no EJ."""

    exports: str
    date_extraction: date
    origine_de_la_date: str
    etablissements: list[Etablissement]
    avis: list[Avis]

    @property
    def erreurs(self) -> int:
        """Things to correct before the results mean something."""
        return sum(avis.gravite == ERREUR for avis in self.tous_les_avis())

    def tous_les_avis(self) -> Iterable[Avis]:
        """Those of the zone, then of each EJ."""
        yield from self.avis
        for etablissement in self.etablissements:
            yield from etablissement.avis


@dire_la_memoire
def verifier(parametres: Parametres) -> Verification:
    """Read what the lake does not hold yet, and look at all of it; nothing is built. The caller holds the lock of the output.

    Raises:
        ErreurSocle: no exports, or the list of the establishments cannot be read or does not know a folder.
    """
    parametres.verifier_exports()
    projet = yaml.safe_load((RACINE / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    variables = {PART_CUMULATIVE: float(projet[PART_CUMULATIVE])}
    with consulter(parametres.exports, parametres.lac, variables, lambda mot: None) as (moteur, inventaire):
        return _Examen(moteur, inventaire, parametres).verification()


class _Examen:
    def __init__(self, moteur: duckdb.DuckDBPyConnection, inventaire: list[Fichier], parametres: Parametres) -> None:
        self.moteur, self.inventaire, self.parametres = moteur, inventaire, parametres
        self.etablissements: dict[str, Etablissement] = {}
        self.sources: dict[str, str] = {}
        self.varient: set[tuple[str, str, str]] = set()
        self.rangs = {(fichier.flux, fichier.rang): fichier.fichier for fichier in inventaire}
        lignes = moteur.execute(
            "select finess_ej, raison_sociale, coalesce(source_sejours, 'GAM') from depot.reference_etablissements order by ligne_source"
        ).fetchall()
        for finess, nom, source in lignes:
            self.etablissements[finess] = Etablissement(finess, nom)
            self.sources[finess] = source

    def verification(self) -> Verification:
        extraction = self.parametres.extraction
        verification = Verification(
            str(self.parametres.exports), extraction.jour, extraction.origine, list(self.etablissements.values()), []
        )
        self._voir_les_fichiers(verification)
        self._voir_les_rejets()
        self._voir_les_mois()
        self._voir_les_jointures()
        self._chercher_les_valeurs()
        for etablissement in verification.etablissements:
            self._aviser(etablissement)
            self._voir_les_indicateurs(etablissement)
        return verification

    def _voir_les_fichiers(self, verification: Verification) -> None:
        colonnes = "nb_lues, nb_retenues, nb_remplacees, nb_rejetees, nb_ignorees"
        comptes = {
            fichier_id: valeurs
            for fichier_id, *valeurs in self.moteur.execute(f"select fichier_id, {colonnes} from depot.fichiers").fetchall()
            if fichier_id is not None
        }
        for fichier in self.inventaire:
            comptees = comptes.get(fichier.identifiant) if fichier.vue else None
            lus = [nb or 0 for nb in comptees] if comptees else [0] * 5
            vu = FichierVu(
                fichier.fichier, fichier.etat, fichier.vue["erreur"] if fichier.vue else None, _lecture(fichier),
                fichier.correspondance.fichier.rsplit("/", 1)[-1] if fichier.correspondance else None, fichier.extrait_le, *lus,
                fichier.colonnes_manquantes, fichier.colonnes_inconnues, _non_lues(fichier),
            )  # fmt: skip
            etablissement = self.etablissements.get(fichier.finess_ej or "")
            if not etablissement:
                if fichier.etat != inv.LISIBLE:
                    verification.avis.append(Avis(ATTENTION, f"{_dire_l_etat(vu)}."))
                if fichier.flux == inv.ETABLISSEMENTS and vu.nb_rejetees:
                    verification.avis.append(Avis(ERREUR, f"{vu.fichier} : {_lignes(vu.nb_rejetees)} rejetées."))
            elif fichier.flux in contrat() or (fichier.flux or "").startswith(("pmsi/", "gam/hl7", "dpi/hl7")):
                etablissement.flux.setdefault(str(fichier.flux), Flux(str(fichier.flux))).fichiers.append(vu)
            else:
                etablissement.autres_fichiers.append(vu)

    def _voir_les_rejets(self) -> None:
        lignes = self.moteur.execute(
            f"""
            with fautes as (
                select finess_ej, flux, motif, colonne, valeur, ligne_source
                from depot.rejets

                union all

                select
                    finess_ej, flux, split_part(faute, ' ', 1) as motif, substr(faute, instr(faute, ' ') + 1) as colonne,
                    null as valeur, ligne_source
                from (select *, unnest(string_split(autres_fautes, ', ')) as faute from depot.rejets where autres_fautes is not null)
            )

            select
                finess_ej, flux, motif, colonne, count(*) as nb,
                (list(distinct valeur order by valeur) filter (where valeur is not null))[:{VALEURS_MONTREES}], min(ligne_source)
            from fautes
            group by finess_ej, flux, motif, colonne
            order by finess_ej, flux, nb desc, motif, colonne
            """
        ).fetchall()
        masquees = {c.nom for colonnes in contrat().values() for c in colonnes if c.nature == "IDENTIFIANT"}
        for finess, flux, motif, colonne, nb, valeurs, premiere in lignes:
            if finess not in self.etablissements:
                continue
            masquee = (colonne or "").split(" ")[0] in masquees or flux.endswith("/hl7") or flux.startswith("pmsi/")
            montrees = [] if masquee else [valeur[:60] for valeur in valeurs or []]
            du_flux = self.etablissements[finess].flux.setdefault(flux, Flux(flux))
            du_flux.rejets.append(Rejet(motif, colonne, nb, montrees, self._place(flux, premiere)))

    def _place(self, flux: str, ligne_source: int | None) -> str | None:
        if ligne_source is None:
            return None
        rang, ligne = divmod(ligne_source, LIGNES_PAR_FICHIER)
        return f"{self.rangs.get((flux, rang), flux)} ligne {ligne}"

    def _presentes(self) -> dict[str, str]:
        """Flux of the contract that some EJ sends, each with its rows in force."""
        connus = {flux for etablissement in self.etablissements.values() for flux in etablissement.flux} & set(contrat())
        presentes = {}
        for flux in sorted(connus):
            nom = "depot." + flux.replace("/", "_")
            repetees = self.moteur.execute(f"select count(*) from {nom}_remplacees").fetchall()[0][0]
            presentes[flux] = f"{nom} anti join {nom}_remplacees using (ligne_source)" if repetees else nom
        return presentes

    def _voir_les_mois(self) -> None:
        for flux, relation in self._presentes().items():
            colonne = date_d_un_flux(contrat()[flux])
            if not colonne:
                continue
            for finess, mois, nb in self.moteur.execute(
                f"""
                select finess_ej, strftime(date_trunc('month', "{colonne}"), '%Y-%m') as mois, count(*)
                from {relation} where "{colonne}" is not null group by 1, 2 order by 1, 2
                """
            ).fetchall():
                if finess in self.etablissements and flux in self.etablissements[finess].flux:
                    self.etablissements[finess].flux[flux].mois[mois] = nb

    def _voir_les_jointures(self) -> None:
        presentes = self._presentes()
        for flux, colonne, vers in references():
            if flux not in presentes or vers not in presentes:
                continue
            for finess, nb, sans, premiere in self.moteur.execute(
                f"""
                select
                    lues.finess_ej, count(*), count(*) filter (where connues.cle is null),
                    min(lues.ligne_source) filter (where connues.cle is null)
                from (select finess_ej, "{colonne}" as cle, ligne_source from {presentes[flux]} where "{colonne}" is not null) as lues
                left join (select distinct finess_ej, "{colonne}" as cle from {presentes[vers]}) as connues
                    on lues.finess_ej = connues.finess_ej and lues.cle = connues.cle
                group by lues.finess_ej
                """
            ).fetchall():
                etablissement = self.etablissements.get(finess)
                # Messages and the PMSI tell rows of these flux too, which are resolved by the build only.
                if etablissement and vers in etablissement.flux and not self._vient_aussi_d_ailleurs(etablissement, vers):
                    etablissement.flux[flux].jointures.append(Jointure(colonne, vers, nb, sans, self._place(flux, premiere)))

    def _vient_aussi_d_ailleurs(self, etablissement: Etablissement, flux: str) -> bool:
        messages = {ligne["flux_messages"] for ligne in graines.lire("flux_des_messages") if ligne["flux"] == flux}
        return bool(messages & set(etablissement.flux)) or (
            flux == "gam/venues" and self.sources[etablissement.finess_ej] == "PMSI"
        )

    def presents(self, etablissement: Etablissement) -> set[str]:
        """Flux of which a file could be read, those that messages and the PMSI stand for included."""
        lus = {nom for nom, flux in etablissement.flux.items() if any(f.etat == inv.LISIBLE for f in flux.fichiers)}
        lus |= {ligne["flux"] for ligne in graines.lire("flux_des_messages") if ligne["flux_messages"] in lus}
        if self.sources[etablissement.finess_ej] == "PMSI" and any(flux.startswith("pmsi/") for flux in lus):
            lus.add("gam/venues")
        return lus

    def _voir_les_indicateurs(self, etablissement: Etablissement) -> None:
        presents = self.presents(etablissement)
        for ligne in sorted(graines.lire("catalogue_indicateurs"), key=lambda ligne: int(ligne["ordre"])):
            manque = [
                besoin.replace(" | ", " ou ") for besoin in ligne["flux"].split(", ") if not presents & set(besoin.split(" | "))
            ]
            etablissement.indicateurs.append(Indicateur(ligne["indicateur"], ligne["programme"], ligne["libelle"], manque))
        utiles = {flux for flux in presents if flux in etablissement.flux}
        for ligne in graines.lire("valeurs_sures"):
            if ligne["flux"] in utiles and (etablissement.finess_ej, ligne["flux"], ligne["colonne"]) not in self.varient:
                etablissement.valeurs_sures.append(ValeurSure(**ligne))

    def _chercher_les_valeurs(self) -> None:
        """Find the columns for which the files of an EJ have nothing: they are not there, or have only one value."""
        colonnes: dict[str, list[str]] = defaultdict(list)
        for ligne in graines.lire("valeurs_sures"):
            colonnes[ligne["flux"]].append(ligne["colonne"])
        presentes = self._presentes()
        for flux, siennes in colonnes.items():
            if flux in presentes:
                varient = ", ".join(f'coalesce(min("{colonne}") <> max("{colonne}"), false)' for colonne in siennes)
                for finess, *trouves in self.moteur.execute(
                    f"select finess_ej, {varient} from {presentes[flux]} group by finess_ej"
                ).fetchall():
                    self.varient |= {(finess, flux, c) for c, varie in zip(siennes, trouves, strict=True) if varie}

    def _aviser(self, etablissement: Etablissement) -> None:
        avis = etablissement.avis
        if not etablissement.flux and not etablissement.autres_fichiers:
            avis.append(Avis(ATTENTION, f"Aucun fichier dans {etablissement.finess_ej}/."))
            return
        for vu in etablissement.autres_fichiers:
            if vu.etat != inv.LISIBLE:
                avis.append(Avis(ERREUR if vu.etat == inv.ILLISIBLE else ATTENTION, f"{_dire_l_etat(vu)}."))
        self._aviser_des_correspondances(etablissement)
        for nom, flux in sorted(etablissement.flux.items()):
            avis += [Avis(ERREUR, f"{_dire_l_etat(vu)}.") for vu in flux.fichiers if vu.etat != inv.LISIBLE]
            avis += [
                Avis(
                    ATTENTION,
                    f"{vu.fichier} : {vu.correspondance} cite {vu.colonnes_manquantes}, qui n’y est pas ; ce qui en vient est vide.",
                )
                for vu in flux.fichiers
                if vu.etat == inv.LISIBLE and vu.colonnes_manquantes
            ]
            avis += [
                Avis(ATTENTION, f"{vu.fichier} : colonnes que le contrat ne connaît pas, non lues : {vu.colonnes_inconnues}.")
                for vu in flux.fichiers
                if vu.colonnes_inconnues
            ]
            lues = max(flux.total("nb_lues"), 1)
            for rejet in flux.rejets:
                valeurs = ", ".join(f"« {valeur} »" for valeur in rejet.valeurs)
                ou = f" {rejet.colonne}" if rejet.colonne else ""
                remede = REMEDES.get(rejet.motif, "voyez docs/CONTRAT.md")
                texte = f"{nom} : {_lignes(rejet.nb)} {rejet.motif}{ou}{f' ({valeurs})' if valeurs else ''}, d’abord {rejet.exemple} ; {remede}."
                avis.append(Avis(ERREUR if rejet.nb * 20 > lues else ATTENTION, texte))
            for jointure in flux.jointures:
                if jointure.nb_sans:
                    part = 100 * jointure.nb_sans / jointure.nb
                    texte = (
                        f"{nom} : {nombre(jointure.nb_sans)} de {_lignes(jointure.nb)} ({pourcentage(part)}) ont un {jointure.colonne} absent de"
                        f" {jointure.vers}, d’abord {jointure.exemple} ; vérifiez que les deux exports couvrent les mêmes dates et"
                        f" écrivent {jointure.colonne} de la même façon."
                    )
                    avis.append(Avis(ERREUR if part > 50 else ATTENTION, texte))
            vides = flux.mois_vides(self.parametres.date_extraction)
            # What is declared by hand has no reason to be dated every month.
            if vides and not nom.startswith("declaratif/"):
                avis.append(Avis(ATTENTION, f"{nom} : aucune ligne en {', '.join(vides)} ; déposez ces mois."))
        self._aviser_des_venues(etablissement)

    def _aviser_des_correspondances(self, etablissement: Etablissement) -> None:
        utilisees = {f.correspondance.fichier for f in self.inventaire if f.correspondance and f.flux != inv.CORRESPONDANCE}
        for fichier in self.inventaire:
            if (
                fichier.finess_ej == etablissement.finess_ej
                and fichier.flux == inv.CORRESPONDANCE
                and fichier.correspondance
                and fichier.fichier not in utilisees
            ):
                motifs = ", ".join(motif.texte for motif in fichier.correspondance.motifs)
                etablissement.avis.append(
                    Avis(ERREUR, f"{fichier.fichier} : aucun fichier de {etablissement.finess_ej}/ ne s’appelle {motifs} ; déposez-le ou corrigez la ligne « fichiers ».")
                )  # fmt: skip

    def _aviser_des_venues(self, etablissement: Etablissement) -> None:
        presents = self.presents(etablissement)
        if "gam/venues" not in presents:
            source = self.sources[etablissement.finess_ej]
            quoi = "fichier PMSI dans pmsi/" if source == "PMSI" else "export gam/venues ni message dans gam/hl7/"
            etablissement.avis.append(
                Avis(ERREUR, f"Aucun {quoi} : sans venue, aucun indicateur d’activité ne se calcule (source_sejours = {source}).")
            )
            return
        venues = etablissement.flux.get("gam/venues")
        if venues and not venues.total("nb_retenues") and not self._vient_aussi_d_ailleurs(etablissement, "gam/venues"):
            etablissement.avis.append(
                Avis(ERREUR, "gam/venues : aucune ligne retenue, aucun indicateur d’activité ne se calcule.")
            )
        elif venues and venues.mois and min(venues.mois) > f"{self.parametres.date_extraction:%Y-%m}":
            etablissement.avis.append(
                Avis(ERREUR, f"gam/venues : tout commence après la date d’extraction ({self.parametres.date_extraction:%d/%m/%Y}) ; corrigez SOCLE_DATE_EXTRACTION.")
            )  # fmt: skip


def references() -> list[tuple[str, str, str]]:
    """Columns that name rows of another flux, as the contract tells: those that bear the name of its only key.

    Returns:
        flux, column, flux that is named.
    """
    cles: dict[str, str] = {}
    for flux, colonnes in contrat().items():
        siennes = [colonne.nom for colonne in colonnes if colonne.cle]
        if len(siennes) == 1 and not flux.startswith(("reference/", "declaratif/", "national/")):
            cles[siennes[0]] = flux
    return [
        (flux, colonne.nom, cles[colonne.nom])
        for flux, colonnes in contrat().items()
        if not flux.startswith("reference/")
        for colonne in colonnes
        if colonne.nom in cles and cles[colonne.nom] != flux
    ]


def date_d_un_flux(colonnes: Iterable[Colonne]) -> str | None:
    """The column that dates the rows of a flux: the first date that is never empty, a date of birth apart."""
    dates = (c.nom for c in colonnes if c.obligatoire and c.type in ("date", "timestamp") and c.nature != "NAISSANCE")
    return next(dates, None)


def _lecture(fichier: Fichier) -> str:
    """How a file is read, in a few French words."""
    vue = fichier.vue
    if not vue or vue["erreur"]:
        return ""
    if fichier.est_un_classeur:
        return "classeur Excel"
    if vue["format"] == "parquet":
        return "Parquet"
    mots = [str(vue["encodage"] or "").replace("cp1252", "Windows-1252").upper().replace("WINDOWS", "Windows")]
    if vue["delimiteur"] and vue["format"] == "csv":
        mots.append("tabulation" if vue["delimiteur"] == "\t" else f"« {vue['delimiteur']} »")
    if fichier.lecture["barres"]:
        mots.append("JJ/MM/AAAA")
    return ", ".join(mot for mot in mots if mot)


def _non_lues(fichier: Fichier) -> list[str]:
    """Columns of a file that its correspondence does not name."""
    if not fichier.correspondance or not fichier.vue or fichier.vue["erreur"] or fichier.flux == inv.CORRESPONDANCE:
        return []
    places = situer(fichier.correspondance, fichier.colonnes, [joint.colonnes for joint in fichier.joints])
    lues = {place.position for place in places.values() if place and place.jointure < 0}
    return [nom for rang, nom in enumerate(fichier.colonnes) if rang not in lues and nom]


def _dire_l_etat(vu: FichierVu) -> str:
    if vu.etat == "COLONNE_MANQUANTE":
        pluriel = "s" if ", " in (vu.colonnes_manquantes or "") else ""
        remede = "corrigez la correspondance" if vu.correspondance else "ajoutez-la à l’export, ou écrivez une correspondance"
        return f"{vu.fichier} : non lu, colonne{pluriel} {vu.colonnes_manquantes} absente{pluriel} ; {remede}"
    if vu.etat == "COLONNE_EN_DOUBLE":
        return f"{vu.fichier} : non lu, deux colonnes du même nom ; renommez-en une"
    if vu.etat == inv.INCONNU:
        return f"{vu.fichier} : ni fichier du contrat, ni nommé par une correspondance ; « socle init --depuis » en propose une"
    return f"{vu.fichier} : {vu.raison}"


def _lignes(nb: int) -> str:
    return f"{nombre(nb)} ligne{'s' * (nb > 1)}"


def en_dict(objet: Any) -> Any:
    """A verification as what JSON writes."""
    if isinstance(objet, date):
        return objet.isoformat()
    if isinstance(objet, dict):
        return {cle: en_dict(valeur) for cle, valeur in objet.items()}
    if isinstance(objet, list):
        return [en_dict(valeur) for valeur in objet]
    if hasattr(objet, "__dataclass_fields__"):
        return {nom: en_dict(getattr(objet, nom)) for nom in objet.__dataclass_fields__}
    return objet
