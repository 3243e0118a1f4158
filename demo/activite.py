"""What the electronic record knows of the care: prescriptions, updates, appointments, operations, correspondents."""

from __future__ import annotations

import numpy as np

from .calendrier import Calendrier
from .colonnes import JOUR, Table, booleen, code, ident, instant
from .documents import CR_IMAGERIE, Documents
from .hasard import choisir, generateur, monter, tirer
from .patients import Patients
from .profils import SERIES, SORTE, Etablissement
from .structures import Structures
from .venues import Venues

Tableau = np.ndarray

ROLES = ("MEDECIN_TRAITANT", "ADRESSEUR", "AUTRE")
TYPES_PRESCRIPTION = ("MEDICAMENT", "BIOLOGIE", "IMAGERIE_EXPLORATION", "ACTE_INFIRMIER")
TYPES_RDV = ("BLOC", "ACE", "IMAGERIE_EXPLORATION")
MODALITES = ("SCANNER", "IRM", "IMAGERIE_LOURDE", "EXPLORATION_FONCTIONNELLE", "AUTRE")

# Mean number of prescriptions per venue.
_PRESCRIPTIONS = {
    "mco_medecine": 7.5, "mco_chirurgie": 7.0, "ambu_chirurgie": 3.5, "ambu_medecine": 2.5, "transfusion": 2.0,
    "chimiotherapie": 2.0, "radiotherapie": 0.15, "dialyse": 0.8, "smr_complet": 8.0, "smr_jour": 2.0,
    "psy_complet": 6.0, "psy_jour": 2.0, "had": 9.0, "externe": 0.7, "urgences": 2.6,
}  # fmt: skip


def actes_chirurgicaux(etablissement: Etablissement, graine: int, venues: Venues) -> tuple[Tableau, Tableau]:
    """Return, per venue, whether a surgical act is known by the DPI and whether it is by the PMSI (GHM of type C)."""
    rng = generateur(graine, etablissement.finess, "actes_chirurgicaux")
    operee = np.isin(venues.sorte, [SORTE["mco_chirurgie"], SORTE["ambu_chirurgie"]])
    operee &= tirer(rng, 0.97, len(venues))
    dpi = operee & tirer(rng, 0.96, len(venues))
    pmsi = operee & tirer(rng, 0.97, len(venues))
    return dpi, pmsi


def interventions(etablissement: Etablissement, calendrier: Calendrier, graine: int, venues: Venues, chirurgie: Tableau) -> Table:
    """Return the flux dpi/interventions: operations, and a few acts of the operating theatre that are not surgery."""
    rng = generateur(graine, etablissement.finess, "interventions")
    endoscopie = (venues.sorte == SORTE["mco_medecine"]) & tirer(rng, 0.05, len(venues))
    venue = np.flatnonzero(chirurgie | endoscopie)
    fin = np.where(venues.sortie[venue] < 0, venues.entree[venue] + JOUR, venues.sortie[venue])
    quand = venues.entree[venue] + (rng.random(len(venue)) * 0.3 * (fin - venues.entree[venue])).astype(np.int64)
    quand = np.minimum(quand, (calendrier.fin + 1) * JOUR - 60)
    ordre = np.lexsort((venue, quand))
    venue, quand = venue[ordre], quand[ordre]
    return Table(
        "dpi/interventions",
        {
            "intervention_id": ident(np.arange(len(venue)) + 1, "I", 7),
            "iep": ident(venues.iep[venue], "", 9),
            "date_intervention": instant(quand),
            "chirurgicale": booleen(chirurgie[venue]),
        },
        evenement=quand // JOUR,
    )


def venues_correspondants(
    etablissement: Etablissement, graine: int, venues: Venues, patients: Patients, structures: Structures
) -> Table:
    """Return the flux gam/venues_correspondants."""
    rng = generateur(graine, etablissement.finess, "venues_correspondants")
    serie = np.isin(venues.sorte, [SORTE[s] for s in SERIES])
    traitant = np.flatnonzero(tirer(rng, np.where(serie, 0.5, 0.88), len(venues)))
    adresse = np.flatnonzero(tirer(rng, np.where(serie, 0.02, 0.3), len(venues)))
    autre = np.flatnonzero(tirer(rng, 0.04, len(venues)))
    venue = np.concatenate([traitant, adresse, autre])
    hasard = rng.integers(0, structures.nb_correspondants, len(adresse) + len(autre))
    correspondant = np.concatenate([patients.correspondant[venues.patient[traitant]], hasard])
    role = np.repeat(np.arange(3), [len(traitant), len(adresse), len(autre)])
    ordre = np.lexsort((role, venue))
    venue, correspondant, role = venue[ordre], correspondant[ordre], role[ordre]
    return Table(
        "gam/venues_correspondants",
        {
            "iep": ident(venues.iep[venue], "", 9),
            "correspondant_id": ident(correspondant + 1, "100", 8),
            "role": code(role, ROLES),
        },
        evenement=venues.jour_entree[venue],
    )


def prescriptions(etablissement: Etablissement, calendrier: Calendrier, graine: int, venues: Venues) -> Table:
    """Return the flux dpi/prescriptions."""
    rng = generateur(graine, etablissement.finess, "prescriptions")
    moyennes = np.array([_PRESCRIPTIONS[nom] for nom in SORTE])
    jours_venue = venues.jour_entree
    attendu = moyennes[venues.sorte] * np.where(jours_venue < calendrier.debut, 0.4, 1.0)
    venue = np.repeat(np.arange(len(venues)), rng.poisson(attendu))
    fin = np.where(venues.sortie < 0, venues.entree + JOUR, venues.sortie)[venue]
    quand = venues.entree[venue] + (rng.random(len(venue)) * np.maximum(fin - venues.entree[venue], 900)).astype(int)
    ordre = np.flatnonzero(quand < (calendrier.fin + 1) * JOUR)
    ordre = ordre[np.lexsort((venue[ordre], quand[ordre]))]
    venue, quand = venue[ordre], quand[ordre]
    nombre = len(ordre)
    avancement = calendrier.avancement(quand // JOUR)
    genre = choisir(rng, (46, 24, 12, 18), nombre)
    # Requests for imaging are the last to leave paper.
    bornes = etablissement.profil.leviers["prescription"]
    taux = monter(avancement, bornes) - np.array([0, 0.02, 0.12, 0.05])[genre]
    # A stay on paper is on paper as a whole, more often than one prescription among others.
    papier = tirer(rng, (1 - monter(calendrier.avancement(jours_venue), bornes)) / 2, len(venues))
    informatisee = tirer(rng, taux, nombre) & ~papier[venue]
    hors_plan = tirer(rng, (1 - monter(calendrier.avancement(jours_venue), (0.55, 0.9))), len(venues))
    plan = ~hors_plan[venue] | tirer(rng, 0.6, nombre)
    return Table(
        "dpi/prescriptions",
        {
            "prescription_id": ident(np.arange(nombre) + 1, "P", 8),
            "iep": ident(venues.iep[venue], "", 9),
            "type_prescription": code(genre, TYPES_PRESCRIPTION),
            "informatisee": booleen(informatisee),
            "dans_plan_de_soins": booleen(plan & informatisee),
            "date_prescription": instant(quand),
        },
        evenement=quand // JOUR,
    )


def mises_a_jour(etablissement: Etablissement, calendrier: Calendrier, graine: int, venues: Venues) -> Table:
    """Return the flux dpi/mises_a_jour_dossier."""
    rng = generateur(graine, etablissement.finess, "mises_a_jour_dossier")
    chance = monter(calendrier.avancement(venues.jour_entree), etablissement.profil.leviers["dpi"])
    chance = np.where(venues.jour_entree < calendrier.debut, chance * 0.5, chance)
    touchees = np.flatnonzero(tirer(rng, chance, len(venues)))
    venue = np.repeat(touchees, 1 + rng.poisson(0.4, len(touchees)))
    fin = np.where(venues.sortie < 0, venues.entree + JOUR, venues.sortie)[venue]
    quand = venues.entree[venue] + (rng.random(len(venue)) * np.maximum(fin - venues.entree[venue], 900)).astype(int)
    ordre = np.flatnonzero(quand < (calendrier.fin + 1) * JOUR)
    ordre = ordre[np.lexsort((venue[ordre], quand[ordre]))]
    venue, quand = venue[ordre], quand[ordre]
    # The key is (iep, date_mise_a_jour).
    unique = np.ones(len(ordre), dtype=bool)
    unique[1:] = (venue[1:] != venue[:-1]) | (quand[1:] != quand[:-1])
    venue, quand = venue[unique], quand[unique]
    return Table(
        "dpi/mises_a_jour_dossier",
        {"iep": ident(venues.iep[venue], "", 9), "date_mise_a_jour": instant(quand)},
        evenement=quand // JOUR,
    )


def rendez_vous(
    etablissement: Etablissement,
    calendrier: Calendrier,
    graine: int,
    venues: Venues,
    patients: Patients,
    documents: Documents,
    chirurgie: Tableau,
) -> Table:
    """Return the flux dpi/rendez_vous: operating theatre, consultations, imaging."""
    rng = generateur(graine, etablissement.finess, "rendez_vous")
    bloc = np.flatnonzero(chirurgie)
    ace = np.flatnonzero((venues.sorte == SORTE["externe"]) & tirer(rng, 0.92, len(venues)))
    image = np.flatnonzero((documents.type_code == CR_IMAGERIE) & (documents.version == 1) & tirer(rng, 0.85, len(documents)))
    venue = np.concatenate([bloc, ace, documents.venue[image]])
    genre = np.repeat(np.arange(3), [len(bloc), len(ace), len(image)])
    nombre = len(venue)
    quand = np.concatenate(
        [
            venues.entree[bloc] + rng.integers(1800, 8 * 3600, len(bloc)),
            venues.entree[ace] + 60,
            documents.creation[image] - rng.integers(900, 6 * 3600, len(image)),
        ]
    )
    quand = np.minimum(quand, (calendrier.fin + 1) * JOUR - 60)
    avancement = calendrier.avancement(quand // JOUR)
    urgence = venues.sorte[venue] == SORTE["urgences"]
    programme = np.where(genre == 0, tirer(rng, 0.82, nombre), np.where(genre == 1, True, ~urgence & tirer(rng, 0.7, nombre)))
    taux = np.minimum(monter(avancement, etablissement.profil.leviers["planification"]) + np.array([0.04, 0, -0.03])[genre], 0.99)
    outil = tirer(rng, taux, nombre) & (programme | tirer(rng, 0.3, nombre))
    rattache = tirer(rng, 0.93, nombre)
    ordre = np.lexsort((venue, genre, quand))
    ordre = ordre[quand[ordre] >= calendrier.origine * JOUR]
    venue, genre, quand = venue[ordre], genre[ordre], quand[ordre]
    nombre, outil = len(ordre), outil[ordre]
    rng = generateur(graine, etablissement.finess, "modalites_de_rendez_vous")
    # The software of one establishment does not tell a shared tool from one that only programs.
    partage = np.where(outil & tirer(rng, 0.93, nombre), 1, 0)
    partage = np.full(nombre, -1) if etablissement.profil.cle == "ch" else np.where(tirer(rng, 0.95, nombre), partage, -1)
    modalite = np.where(tirer(rng, 0.95, nombre), choisir(rng, (24, 14, 7, 10, 45), nombre), -1)
    dehors = choisir(rng, (8, 62, 30), nombre).astype(np.int64)
    imagerie = genre == TYPES_RDV.index("IMAGERIE_EXPLORATION")
    return Table(
        "dpi/rendez_vous",
        {
            "rdv_id": ident(np.arange(len(ordre)) + 1, "R", 8),
            "type_rdv": code(genre, TYPES_RDV),
            "ipp": ident(patients.ipp[venues.patient[venue]], "", 8),
            "iep": ident(np.where(rattache[ordre], venues.iep[venue], -1), "", 9),
            "date_realisation": instant(quand),
            "programme": booleen(programme[ordre]),
            "outil_planification": booleen(outil),
            "outil_partage": booleen(partage),
            "plateau_interne": booleen(np.where(imagerie, np.where(dehors < 2, dehors, -1), -1)),
            "modalite": code(np.where(imagerie, modalite, -1), MODALITES),
        },
        evenement=quand // JOUR,
    )
