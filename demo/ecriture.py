"""The whole demonstration landing zone, establishment by establishment."""

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np

from socle.lecture.contrat import contrat

from . import activite, documents, echanges, patients, retours, structures, venues
from .calendrier import Calendrier
from .depot import Bilan, Depot
from .lignes import DONNEES
from .messages_dpi import MessagesDocuments
from .messages_gam import MessagesGam
from .pmsi import ecrire_pmsi
from .site import Site, dimensions, groupe

VOLUMINEUX = frozenset({"gam/venues", "dpi/documents", "dpi/transmissions_dmp", "dpi/transmissions_mss"})
GHT = "GHT des Rives claires (fictif)"
PROFIL_MESSAGES = "ch"
"""Profile whose establishments may send HL7 messages."""


class DossierOccupe(Exception):
    """The target folder holds something else than a demonstration landing zone."""


def ecrire(
    dossier: Path,
    echelle: float = 1.0,
    graine: int = 2023,
    fin: date = date(2023, 12, 31),
    hl7: Literal["tables", "messages"] = "tables",
    taille: Mapping[str, Any] | None = None,
) -> Bilan:
    """Write the demonstration landing zone; the same arguments always give the same bytes.

    Args:
        dossier: folder to create; a former demonstration is replaced, anything else is refused.
        echelle: factor of the volumes; 1 gives about 4 500 venues, 280 the size of a large group (12 establishments,
            1.2 million venues, 3 GB).
        graine: seed.
        fin: last day of the 14 months.
        hl7: how the general hospitals send their GAM and documents: the same activity as tables, or as HL7 v2 messages
            with tables for what messages do not say.
        taille: dimensions that replace those of the scale, such as `{"ej": 12}` (`tailles` in `donnees.yaml`).

    Returns:
        counts, and what was planted.

    Raises:
        DossierOccupe: the folder exists and is not a demonstration landing zone.
        ValueError: `echelle` is not positive, or an unknown dimension is named.
    """
    if echelle <= 0:
        raise ValueError("L'échelle doit être un nombre positif.")
    mesure, calendrier = dimensions(echelle, taille), Calendrier.jusqu_a(fin)
    provisoire = dossier.with_name(f".{dossier.name}.en_cours")
    _verifier(dossier)
    shutil.rmtree(provisoire, ignore_errors=True)
    provisoire.mkdir(parents=True)
    bilan = Bilan(dossier, fin)
    depot = Depot(provisoire, calendrier, bilan, graine)
    sites = groupe(echelle, mesure, depot)
    try:
        depot.texte("etablissements.csv", _etablissements(sites))
        for site in sites:
            bilan.etablissements.append(site.finess)
            _etablissement(site, en_messages=hl7 == "messages" and site.cle == PROFIL_MESSAGES)
        tailles = [fichier.stat().st_size for fichier in provisoire.rglob("*") if fichier.is_file()]
        bilan.fichiers, bilan.octets = len(tailles), sum(tailles)
    except BaseException:
        shutil.rmtree(provisoire, ignore_errors=True)
        raise
    finally:
        depot.connexion.close()
    if dossier.exists():
        shutil.rmtree(dossier)
    provisoire.rename(dossier)
    return bilan


def _etablissement(site: Site, en_messages: bool) -> None:
    """Write everything of one establishment: tables or messages, then the PMSI files."""
    tables = structures.construire(site, venues.nombre_prevu(site))
    venues.construire(site)
    patients.construire(site)
    activite.operer(site)
    documents.construire(site)
    echanges.transmettre(site)
    echanges.ecrire_aux_correspondants(site)
    tables += [
        faire(site)
        for faire in (
            venues.table, patients.table, patients.statuts_dmp, activite.venues_correspondants, activite.interventions,
            activite.prescriptions, activite.mises_a_jour, documents.table, activite.rendez_vous, echanges.table_transmissions,
            echanges.table_messages, echanges.consulter_dmp, echanges.recevoir,
        )
    ]  # fmt: skip
    tables += [*retours.nationaux(site), *retours.declaratifs(site)]
    reste: dict[str, np.ndarray] = {}
    if en_messages:
        par_flux = {table.flux: table.lignes for table in tables}
        reste = MessagesGam(site, par_flux).ecrire() | MessagesDocuments(site, par_flux).ecrire()
    for table in tables:
        if table.flux in reste:
            # What no message says stays in the tables.
            table = table._replace(lignes=table.lignes.prendre(np.flatnonzero(reste[table.flux])))
        nb_fichiers = site.taille.fichiers if table.flux in VOLUMINEUX else site.taille.fichiers_petits
        site.depot.table(f"{site.finess}/{table.flux}", site.cle, table, nb_fichiers)
    ecrire_pmsi(site)
    for chemin, contenu in DONNEES["inconnus"][site.cle].items():
        site.depot.texte(f"{site.finess}/{chemin}", contenu)
        site.depot.bilan.fichiers_inconnus.append(f"{site.finess}/{chemin}")


def _etablissements(sites: list[Site]) -> str:
    """Return etablissements.csv."""
    colonnes = [c for c in contrat()["reference/etablissements"] if c.nom != "fuseau"]
    lignes = [";".join(c.nom for c in colonnes)]
    for site in sites:
        valeurs = {"finess_ej": site.finess, "raison_sociale": site.raison_sociale, "ght": GHT, "source_sejours": "GAM"}
        valeurs["activite_combinee"] = f"{site.profil['activite_combinee']:g}"
        vrais = {*site.profil["activites"], *site.profil["cibles"]}
        lignes.append(";".join(valeurs.get(c.nom) or str(c.nom in vrais).lower() for c in colonnes))
    return "\n".join(lignes) + "\n"


def _verifier(dossier: Path) -> None:
    """Refuse a folder that is not empty and that this package did not write."""
    if not dossier.exists() or (dossier.is_dir() and not any(dossier.iterdir())):
        return
    entete = dossier / "etablissements.csv"
    if not entete.is_file() or GHT not in entete.read_text(encoding="utf-8", errors="replace"):
        suite = "indiquez un autre dossier ou videz celui-ci."
        raise DossierOccupe(f"{dossier} existe et n'est pas un jeu de démonstration : {suite}")
