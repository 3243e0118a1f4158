"""Patients of one establishment: identities, INS, state of their DMP."""

import numpy as np

from .calendrier import JOUR
from .hasard import Hasard, choisir, tirer
from .lignes import Lignes, Table, Tableau, Texte
from .site import Site

VALIDEE, QUALIFIEE = 2, 3
"""Indices among the values of statut_identite."""
JAMAIS = 1 << 40
"""A day that does not come."""


def construire(site: Site) -> None:
    """Make `site.patients` in order of first venue, renumber `site.venues.patient`, and split a few into duplicates.

    Per patient, beside its columns: connu (is in the flux gam/patients: a few are missing from it), premiere (day of the first
    venue), matricule (INS: NIR or NIA and its key, as ASCII bytes, empty when none), qualifie_le, dmp_depuis, dmp_ferme,
    opposition (days, `JAMAIS` when that did not happen), correspondant (row number of the general practitioner).
    """
    rng, venues, calendrier = site.hasard("patients"), site.venues, site.calendrier
    source = _doublons(rng, site)
    nombre = len(source)
    premiere, derniere = np.full(nombre, JAMAIS), np.full(nombre, -1)
    np.minimum.at(premiere, venues.patient, venues.jour_entree)
    np.maximum.at(derniere, venues.patient, venues.jour_entree)

    majeur = rng.random(nombre) < 0.93
    age = np.where(majeur, np.clip(rng.normal(62, 19, nombre), 18, 102), rng.uniform(0.1, 17.9, nombre))
    naissance = (premiere - age * 365.25).astype(np.int64)
    sexe = choisir(rng, (470, 528, 2), nombre)
    qualifie = tirer(rng, site.taux("ins", derniere), nombre)
    statut = np.where(qualifie, QUALIFIEE, choisir(rng, (35, 30, 35), nombre))
    qualifie_le = np.where(tirer(rng, 0.75, nombre), premiere, derniere)

    # A duplicate shares the identity of its original and is never the qualified one.
    alias = source < np.arange(nombre)
    sexe = sexe[source]
    naissance = np.minimum(naissance[source], np.minimum(premiere, premiere[source]))
    statut = np.where(alias, choisir(rng, (60, 25, 15), nombre), statut)
    douteuse = np.where(alias, tirer(rng, 0.3, nombre), tirer(rng, 0.004, nombre))
    fictive = tirer(rng, 0.002, nombre)
    statut = np.where((douteuse | fictive) & (statut == QUALIFIEE), VALIDEE, statut)

    nia = tirer(rng, 0.01, nombre)[source]
    matricule = _matricules(rng, naissance, sexe, nia, source)
    # RECUPEREE comes from INSi without proof of identity: the INS is there, not qualified.
    avec_ins = (statut == QUALIFIEE) | (statut == 1) | ((statut == VALIDEE) & tirer(rng, 0.15, nombre))
    matricule = np.where(avec_ins, _abimer(rng, matricule, statut), b"")

    ouvert = rng.random(nombre)
    recente = rng.integers(calendrier.debut, calendrier.fin, nombre)
    dmp_depuis = np.where(ouvert < 0.85, calendrier.debut - 300, np.where(ouvert < 0.94, recente, JAMAIS))
    dmp_ferme = np.where(tirer(rng, 0.015, nombre), rng.integers(calendrier.debut, calendrier.fin, nombre), JAMAIS)
    opposition = np.where(tirer(rng, 0.025, nombre), rng.integers(calendrier.debut - 300, calendrier.fin, nombre), JAMAIS)
    ordre = np.argsort(premiere, kind="stable")
    venues.patient[:] = np.argsort(ordre)[venues.patient]
    traitant = rng.integers(0, len(site.correspondants), nombre)
    ins_oid = np.where(matricule == b"", -1, nia.astype(np.int8))
    patients = Lignes(premiere=premiere, date_naissance=naissance, sexe=sexe, matricule=matricule, ins_oid=ins_oid)
    patients.statut_identite, patients.identite_douteuse, patients.identite_fictive = statut, douteuse, fictive
    patients.qualifie_le = np.where(statut == QUALIFIEE, qualifie_le, JAMAIS)
    patients.dmp_depuis, patients.dmp_ferme, patients.opposition = dmp_depuis[source], dmp_ferme[source], opposition[source]
    patients.correspondant = traitant[source]
    site.patients = patients.prendre(ordre)
    site.patients.ipp = np.arange(nombre) + 1
    site.patients.connu = ~tirer(rng, 0.0015, nombre)


def dmp_ouvert(site: Site, patient: Tableau, jours: Tableau) -> Tableau:
    """Tell, for patients at given days, whether their DMP may be fed."""
    p = site.patients
    return (p.dmp_depuis[patient] <= jours) & (jours < p.dmp_ferme[patient]) & (jours < p.opposition[patient])


def table(site: Site) -> Table:
    """Return the flux gam/patients."""
    patients = site.patients.prendre(np.flatnonzero(site.patients.connu))
    matricules = patients.matricule.astype("U16")
    matricule = Texte(np.where(matricules == "", -1, np.arange(len(patients))), matricules)
    maj = np.where(patients.statut_identite == QUALIFIEE, patients.qualifie_le, patients.premiere)
    avant = {"avant_ins_matricule": -1, "avant_ins_oid": -1, "avant_statut_identite": 0}
    return site.table("gam/patients", patients, patients.premiere, maj, True, ins_matricule=matricule, **avant)


def statuts_dmp(site: Site) -> Table:
    """Return the flux gam/statuts_dmp: the existence of the DMP tested at admissions, and by batches."""
    rng, venues, patients, calendrier = site.hasard("statuts_dmp"), site.venues, site.patients, site.calendrier
    jours = venues.jour_entree
    chance = site.taux("constat", jours)
    # In a series, the test is made at the first séances only.
    chance = np.where(jours < calendrier.debut - 60, 0.0, np.where(venues.serie, chance * 0.35, chance))
    rangs = np.flatnonzero(tirer(rng, chance, len(venues)))
    constat = venues.date_entree[rangs] + rng.integers(60, 2400, len(rangs))
    # A test planned before the admission, or made late.
    constat = np.where(tirer(rng, 0.03, len(rangs)), constat + JOUR, constat)
    par_lot = np.flatnonzero(tirer(rng, 0.02, len(patients)))
    nuit = rng.integers(calendrier.debut, calendrier.fin, len(par_lot)) * JOUR + 2 * 3600
    patient, constat = np.concatenate([venues.patient[rangs], par_lot]), np.concatenate([constat, nuit])
    iep = np.where(tirer(rng, 0.97, len(rangs)), venues.iep[rangs], -1)
    constats = Lignes(patient=patient, date_constat=constat, iep=np.concatenate([iep, np.full(len(par_lot), -1)]))
    constats = constats.prendre(constat < calendrier.terme)
    constats = sans_doublon(constats, "patient", "date_constat").trier("date_constat")

    nombre, patient, jours = len(constats), constats.patient, constats.date_constat // JOUR
    opposition = patients.opposition[patient] <= jours
    accord = 1 - choisir(rng, (50, 8, 42), nombre)
    etat = np.where(patients.dmp_depuis[patient] > jours, 2, np.where(patients.dmp_ferme[patient] <= jours, 1, 0))
    # Who opposed or answered was told, whether it was recorded or not; some tests are made without a word.
    informations = site.hasard("information")
    dite = tirer(informations, 0.85, nombre)
    sans_trace = opposition | (accord >= 0) | tirer(informations, 0.5, nombre)
    constats.statut_dmp, constats.opposition_alimentation, constats.consentement_consultation = etat, opposition, accord
    constats.information_delivree = np.where(dite, 1, np.where(sans_trace, -1, 0))
    return site.table("gam/statuts_dmp", constats, jours)


def sans_doublon(lignes: Lignes, *cle: str) -> Lignes:
    """Return the rows in the order of a key, the first one of each key only."""
    lignes = lignes.trier(*cle)
    neuve = np.ones(len(lignes), dtype=bool)
    neuve[1:] = np.any([vars(lignes)[nom][1:] != vars(lignes)[nom][:-1] for nom in cle], axis=0)
    return lignes.prendre(neuve)


def _doublons(rng: Hasard, site: Site) -> Tableau:
    """Compact the patient numbers and move some venues of 1 % of them to a second number.

    Tells, for each patient, the number of the patient whose identity it has (itself unless it is a duplicate).
    """
    venues = site.venues
    presents, venues.patient[:] = np.unique(venues.patient, return_inverse=True)
    nombre = len(presents)
    doubles = np.flatnonzero(tirer(rng, 0.012, nombre))
    alias = np.full(nombre, -1)
    alias[doubles] = nombre + np.arange(len(doubles))
    # The venues of one grouped stay, or of one series, keep one number.
    seule = (venues.groupe < 0) & ~site.venues_de("dialyse", "radiotherapie")
    deplacees = seule & (alias[venues.patient] >= 0) & tirer(rng, 0.5, len(venues))
    venues.patient[deplacees] = alias[venues.patient[deplacees]]
    presents, venues.patient[:] = np.unique(venues.patient, return_inverse=True)
    original = np.concatenate([np.arange(nombre), doubles])[presents]
    # An original left without any venue gives its place to its duplicate.
    place = np.full(nombre + len(doubles), -1)
    place[presents] = np.arange(len(presents))
    return np.where(place[original] >= 0, place[original], np.arange(len(presents)))


def _matricules(rng: Hasard, naissance: Tableau, sexe: Tableau, nia: Tableau, source: Tableau) -> Tableau:
    """Return synthetic matricules of 15 characters: NIR or NIA of 13 and its key (97 less the remainder by 97)."""
    nombre = len(naissance)
    dates = naissance.astype("datetime64[D]")
    annee = (dates.astype("datetime64[Y]").astype(np.int64) + 1970) % 100
    mois = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    premier = np.where(sexe == 0, 1, 2) + np.where(nia, 6, 0)
    # The départements of Corse, 2A and 2B, count as 19 and 18 in the key.
    rang_departement = choisir(rng, (9, 8, 9, 8, 9, 9, 8, 3, 2, 2), nombre)
    departement = np.array([29, 35, 59, 67, 75, 13, 33, 99, 19, 18])[rang_departement]
    commune = rng.integers(901, 999, nombre)
    rang = (source * 7 + 13) % 999 + 1
    nir = ((((premier * 100 + annee) * 100 + mois) * 100 + departement) * 1000 + commune) * 1000 + rang
    vue = (nir * 100 + 97 - nir % 97).astype("S15").view(np.uint8).reshape(nombre, 15)
    for corse, code in ((8, b"2A"), (9, b"2B")):
        vue[rang_departement == corse, 5:7] = np.frombuffer(code, dtype=np.uint8)
    return vue.reshape(-1).view("S15")[source]


def _abimer(rng: Hasard, matricules: Tableau, statut: Tableau) -> Tableau:
    """Spoil a few matricules: a wrong key on qualified ones, a wrong length on the others."""
    hasard = rng.random(len(matricules))
    vue = matricules.astype("S16").view(np.uint8).reshape(len(matricules), 16)
    qualifie = statut == QUALIFIEE
    vue[qualifie & (hasard < 0.003), 13:15] = np.frombuffer(b"99", dtype=np.uint8)
    vue[~qualifie & (hasard < 0.006), 14] = 0
    vue[~qualifie & (hasard > 0.997), 15] = ord("0")
    return vue.reshape(-1).view("S16")
