"""What the electronic record knows of the care: prescriptions, updates, appointments, operations, correspondents."""

import numpy as np

from .calendrier import JOUR
from .documents import CR_IMAGERIE
from .hasard import choisir, monter, tirer
from .lignes import Lignes, Table, Tableau
from .patients import sans_doublon
from .site import SORTES, Site


def operer(site: Site) -> None:
    """Tell per venue whether a surgical act is known by the DPI (`operee_dpi`), by the PMSI (`operee_pmsi`: GHM of type C)."""
    rng, nombre = site.hasard("actes_chirurgicaux"), len(site.venues)
    operee = site.venues_de("mco_chirurgie", "ambu_chirurgie") & tirer(rng, 0.97, nombre)
    site.venues.operee_dpi = operee & tirer(rng, 0.96, nombre)
    site.venues.operee_pmsi = operee & tirer(rng, 0.97, nombre)


def interventions(site: Site) -> Table:
    """Return the flux dpi/interventions: operations, and a few acts of the operating theatre that are not surgery."""
    rng, venues = site.hasard("interventions"), site.venues
    endoscopie = site.venues_de("mco_medecine") & tirer(rng, 0.05, len(venues))
    venue = np.flatnonzero(venues.operee_dpi | endoscopie)
    duree = _fin(site)[venue] - venues.date_entree[venue]
    quand = venues.date_entree[venue] + (rng.random(len(venue)) * 0.3 * duree).astype(np.int64)
    quand = np.minimum(quand, site.calendrier.terme - 60)
    faits = Lignes(venue=venue, date_intervention=quand, chirurgicale=venues.operee_dpi[venue])
    faits = faits.trier("date_intervention", "venue")
    return site.table("dpi/interventions", faits, faits.date_intervention // JOUR)


def venues_correspondants(site: Site) -> Table:
    """Return the flux gam/venues_correspondants."""
    rng, venues = site.hasard("venues_correspondants"), site.venues
    nombre = len(venues)
    traitant = np.flatnonzero(tirer(rng, np.where(venues.serie, 0.5, 0.88), nombre))
    adresseur = np.flatnonzero(tirer(rng, np.where(venues.serie, 0.02, 0.3), nombre))
    autre = np.flatnonzero(tirer(rng, 0.04, nombre))
    hasard = rng.integers(0, len(site.correspondants), len(adresseur) + len(autre))
    liens = Lignes(venue=np.concatenate([traitant, adresseur, autre]))
    liens.correspondant = np.concatenate([site.patients.correspondant[venues.patient[traitant]], hasard])
    liens.role = np.repeat(np.arange(3), [len(traitant), len(adresseur), len(autre)])
    liens = liens.trier("venue", "role")
    return site.table("gam/venues_correspondants", liens, venues.jour_entree[liens.venue])


def _fin(site: Site) -> Tableau:
    """Return the exit of each venue, the day after its entry while it is open."""
    return np.where(site.venues.date_sortie < 0, site.venues.date_entree + JOUR, site.venues.date_sortie)


def _pendant(site: Site, rng: np.random.Generator, venue: Tableau) -> Lignes:
    """Draw an instant (`quand`) during each venue (row number), known on the last day, in order."""
    entree = site.venues.date_entree[venue]
    quand = entree + (rng.random(len(venue)) * np.maximum(_fin(site)[venue] - entree, 900)).astype(int)
    return Lignes(venue=venue, quand=quand).prendre(quand < site.calendrier.terme).trier("quand", "venue")


def prescriptions(site: Site) -> Table:
    """Return the flux dpi/prescriptions."""
    rng, venues, calendrier = site.hasard("prescriptions"), site.venues, site.calendrier
    jours = venues.jour_entree
    moyennes = np.array([sorte["prescriptions"] for sorte in SORTES.values()])[venues.sorte]
    nombres = rng.poisson(moyennes * np.where(jours < calendrier.debut, 0.4, 1.0))
    faits = _pendant(site, rng, np.repeat(np.arange(len(venues)), nombres))
    venue, quand, nombre = faits.venue, faits.quand, len(faits)
    genre = choisir(rng, (46, 24, 12, 18), nombre)
    # Requests for imaging are the last to leave paper.
    taux = site.taux("prescription", quand // JOUR) - np.array([0, 0.02, 0.12, 0.05])[genre]
    # A stay on paper is on paper as a whole, more often than one prescription among others.
    papier = tirer(rng, (1 - site.taux("prescription", jours)) / 2, len(venues))
    informatisee = tirer(rng, taux, nombre) & ~papier[venue]
    hors_plan = tirer(rng, (1 - monter(calendrier.avancement(jours), (0.55, 0.9))), len(venues))
    plan = ~hors_plan[venue] | tirer(rng, 0.6, nombre)
    choix = {"type_prescription": genre, "informatisee": informatisee, "dans_plan_de_soins": plan & informatisee}
    return site.table("dpi/prescriptions", faits, quand // JOUR, date_prescription=quand, **choix)


def mises_a_jour(site: Site) -> Table:
    """Return the flux dpi/mises_a_jour_dossier."""
    rng, venues = site.hasard("mises_a_jour_dossier"), site.venues
    chance = site.taux("dpi", venues.jour_entree)
    chance = np.where(venues.jour_entree < site.calendrier.debut, chance * 0.5, chance)
    touchees = np.flatnonzero(tirer(rng, chance, len(venues)))
    faits = _pendant(site, rng, np.repeat(touchees, 1 + rng.poisson(0.4, len(touchees))))
    faits = sans_doublon(faits, "quand", "venue")
    return site.table("dpi/mises_a_jour_dossier", faits, faits.quand // JOUR, date_mise_a_jour=faits.quand)


def rendez_vous(site: Site) -> Table:
    """Return the flux dpi/rendez_vous: operating theatre (genre 0), consultations (1), imaging (2)."""
    rng, venues, documents, calendrier = site.hasard("rendez_vous"), site.venues, site.documents, site.calendrier
    bloc = np.flatnonzero(venues.operee_dpi)
    ace = np.flatnonzero(site.venues_de("externe") & tirer(rng, 0.92, len(venues)))
    cliches = (documents.type_code == CR_IMAGERIE) & (documents.version == 1)
    image = np.flatnonzero(cliches & tirer(rng, 0.85, len(documents)))
    venue = np.concatenate([bloc, ace, documents.venue[image]])
    genre = np.repeat(np.arange(3), [len(bloc), len(ace), len(image)])
    nombre = len(venue)
    au_bloc = venues.date_entree[bloc] + rng.integers(1800, 8 * 3600, len(bloc))
    avant_image = documents.date_creation[image] - rng.integers(900, 6 * 3600, len(image))
    quand = np.minimum(np.concatenate([au_bloc, venues.date_entree[ace] + 60, avant_image]), calendrier.terme - 60)
    urgence = site.venues_de("urgences")[venue]
    programme = np.where(genre == 0, tirer(rng, 0.82, nombre), (genre == 1) | (~urgence & tirer(rng, 0.7, nombre)))
    taux = np.minimum(site.taux("planification", quand // JOUR) + np.array([0.04, 0, -0.03])[genre], 0.99)
    outil = tirer(rng, taux, nombre) & (programme | tirer(rng, 0.3, nombre))
    prevus = Lignes(venue=venue, patient=venues.patient[venue], type_rdv=genre, date_realisation=quand, programme=programme)
    prevus.outil_planification, prevus.iep = outil, np.where(tirer(rng, 0.93, nombre), venues.iep[venue], -1)
    prevus = prevus.prendre(quand >= calendrier.origine * JOUR).trier("date_realisation", "type_rdv", "venue")

    nombre, rng = len(prevus), site.hasard("modalites_de_rendez_vous")
    # The software of one establishment does not tell a shared tool from one that only programs.
    partage = prevus.outil_planification & tirer(rng, 0.93, nombre)
    partage = np.full(nombre, -1) if site.cle == "ch" else np.where(tirer(rng, 0.95, nombre), partage, -1)
    modalite = np.where(tirer(rng, 0.95, nombre), choisir(rng, (24, 14, 7, 10, 45), nombre), -1)
    plateau = choisir(rng, (8, 62, 30), nombre)
    imagerie = prevus.type_rdv == 2
    autres = {"outil_partage": partage, "modalite": np.where(imagerie, modalite, -1)}
    autres["plateau_interne"] = np.where(imagerie & (plateau < 2), plateau, -1)
    return site.table("dpi/rendez_vous", prevus, prevus.date_realisation // JOUR, **autres)
