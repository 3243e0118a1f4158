"""Venues of one establishment: stays, series of séances, consultations, emergency visits."""

import numpy as np

from .calendrier import JOUR, Calendrier
from .hasard import Hasard, choisir, tirer
from .lignes import NUL, Lignes, Table, Tableau, Texte
from .site import SERIES, SORTE, SORTES, Site
from .structures import DES_SORTES, uf_de

PART_HISTORIQUE = 0.08
"""Venues before the 14 months, as a share of those within."""
DECES = 3
"""Index of the death among the values of mode_sortie."""
SEJOURS = [nom for nom, sorte in SORTES.items() if "duree" in sorte]
PSY = ("psy_complet", "psy_jour")


def nombre_prevu(site: Site) -> int:
    """Return about how many venues an establishment has over the whole period."""
    return int(sum(site.volumes.values()) * (1 + PART_HISTORIQUE)) + 1


def construire(site: Site) -> None:
    """Make `site.venues`, in order of entry.

    Per venue, beside its columns: patient, uf (row numbers), sorte (number in `SORTES`), jour_entree, jour_sortie (`NUL` while
    open), preparation (of a radiotherapy, rather than a séance), groupe (number shared by the venues of one grouped stay, -1),
    facturee (the truth, of which the GAM does not say all), chef_iep (smallest iep of the stay), serie (one of séances).
    """
    rng, calendrier = site.hasard("venues"), site.calendrier
    volumes = {nom: max(1, round(nombre)) for nom, nombre in site.volumes.items()}
    morceaux: list[Lignes] = []
    nb_patients = 0
    # Psychiatry and series have their own patients; the rest of the hospital shares one population.
    autres = [nom for nom in volumes if nom not in (*PSY, *SERIES)]
    for noms, repetition in (([nom for nom in PSY if nom in volumes], 0.45), (autres, 0.62)):
        population = max(2, round(sum(volumes[nom] for nom in noms) * repetition))
        morceaux += [_simples(rng, nom, volumes[nom], calendrier, nb_patients, population) for nom in noms]
        nb_patients += population
    for nom, serie in (("dialyse", _dialyses), ("chimiotherapie", _chimiotherapies), ("radiotherapie", _radiotherapies)):
        if nom in volumes:
            morceau, population = serie(rng, volumes[nom], calendrier)
            morceau.patient += nb_patients
            # Some of the consultations are theirs.
            for externe in (externe for externe in morceaux if len(externe) and externe.sorte[0] == SORTE["externe"]):
                suivies = tirer(rng, 0.06, len(externe))
                tires = nb_patients + rng.integers(0, population, len(externe))
                externe.patient = np.where(suivies, tires, externe.patient)
            nb_patients += population
            morceaux.append(morceau)

    venues = Lignes.bout_a_bout(*morceaux)
    _separer(venues, nb_patients)
    venues = _grouper(rng, venues)
    connues = (venues.date_entree >= calendrier.origine * JOUR) & (venues.date_entree < calendrier.terme)
    site.venues = venues = venues.prendre(connues).trier("date_entree", "patient", "sorte")
    nombre = len(venues)
    # An exit after the extraction is not known yet, except a few planned ones.
    future = venues.date_sortie >= calendrier.terme
    venues.date_sortie = np.where(future & ~tirer(rng, 0.1, nombre), NUL, venues.date_sortie)
    externe = site.venues_de("externe")
    venues.date_sortie = np.where(externe & tirer(rng, 0.1, nombre), NUL, venues.date_sortie)
    venues.facturee = externe & tirer(rng, 0.9, nombre)
    venues.uf = uf_de(site, venues.sorte, rng)
    # One consulting service does not send its billing to the GAM: only the RSF-ACE knows.
    muettes = externe & ((venues.uf == np.flatnonzero(site.unites.sorte == SORTE["externe"])[0]) | tirer(rng, 0.02, nombre))
    connue = venues.date_sortie != NUL
    mode = np.where(connue, choisir(rng, (88, 5, 4, 0, 3), nombre), -1)
    mode = np.where(tirer(rng, 0.03, nombre), -1, mode)
    venues.mode_sortie = _deces(rng, site, mode, connue & ~future, nb_patients)
    venues.facturation_ace = np.where(externe & ~muettes, venues.facturee, -1)
    venues.consultation_medicale = np.where(externe, tirer(rng, 0.82, nombre), -1)
    venues.jour_entree = venues.date_entree // JOUR
    venues.jour_sortie = np.where(connue, venues.date_sortie // JOUR, NUL)
    # Two digits of the year of entry, then seven of rank.
    annee = venues.jour_entree.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    venues.iep = annee % 100 * 10_000_000 + np.arange(nombre) - np.searchsorted(annee, annee) + 1
    venues.chef_iep, membres = venues.iep.copy(), np.flatnonzero(venues.groupe >= 0)
    _, premieres, rangs = np.unique(venues.groupe[membres], return_index=True, return_inverse=True)
    venues.chef_iep[membres] = venues.iep[membres][premieres][rangs]
    venues.serie = site.venues_de(*SERIES)


def table(site: Site) -> Table:
    """Return the flux gam/venues."""
    venues = site.venues
    groupees = venues.groupe >= 0
    chefs, rangs = np.unique(venues.chef_iep[groupees], return_inverse=True)
    numeros = np.full(len(venues), -1)
    numeros[groupees] = rangs
    prefixe = "PSY" if site.profil["psy_numerote"] else ""
    autres = {nom: valeurs[venues.sorte] for nom, valeurs in DES_SORTES.items()}
    autres["finess_geo"] = Texte(site.unites.lieu[venues.uf], site.finess_geo)
    autres["numero_sejour"] = Texte(numeros, [f"{prefixe}{chef:09d}" for chef in chefs.tolist()])
    autres["uf"] = site.unites.uf[venues.uf]
    maj = np.maximum(venues.jour_entree, venues.jour_sortie)
    return site.table("gam/venues", venues, venues.jour_entree, maj, avant_date_sortie=NUL, avant_mode_sortie=-1, **autres)


def _jours(rng: Hasard, nom: str, nombre: int, calendrier: Calendrier) -> Tableau:
    """Draw entry days: fewer at weekends for planned care, fewer in August, a few before the 14 months."""
    jours = np.arange(calendrier.origine, calendrier.fin + 1)
    poids = np.where(jours >= calendrier.debut, 1.0, 0.0)
    poids *= np.where((jours.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12) == 7, 0.8, 1.0)
    samedi_dimanche = (jours + 3) % 7 >= 5
    poids *= np.where(samedi_dimanche, 0.0 if SORTES[nom].get("programmee") else 0.75, 1.0)
    ancien = (jours < calendrier.debut) & ~samedi_dimanche
    poids[ancien] = 0.0 if nom == "urgences" else PART_HISTORIQUE * poids.sum() / ancien.sum()
    return jours[choisir(rng, poids, nombre)]


def _simples(rng: Hasard, nom: str, nombre: int, calendrier: Calendrier, premier: int, population: int) -> Lignes:
    """Return venues whose patients are drawn independently, some patients much more often than others."""
    nombre = round(nombre * (1 + PART_HISTORIQUE)) if nom != "urgences" else nombre
    jours = _jours(rng, nom, nombre, calendrier)
    patient = premier + np.floor(population * rng.random(nombre) ** 1.6).astype(np.int64)
    if nom in SEJOURS:
        moyenne, maximum = SORTES[nom]["duree"]
        duree = np.minimum(np.ceil(rng.exponential(moyenne, nombre)), maximum).astype(np.int64)
        entree = jours * JOUR + rng.integers(420, 660 if SORTES[nom].get("programmee") else 1200, nombre) * 60
        sortie = (jours + duree) * JOUR + rng.integers(600, 1080, nombre) * 60
    elif nom == "urgences":
        entree = jours * JOUR + rng.integers(0, 1440, nombre) * 60
        sortie = entree + rng.integers(60, 900, nombre) * 60
    else:
        entree = jours * JOUR + rng.integers(420, 900, nombre) * 60
        sortie = entree + (rng.integers(15, 60, nombre) if nom == "externe" else rng.integers(180, 500, nombre)) * 60
    return _morceau(nom, patient, entree + rng.integers(0, 60, nombre), sortie)


def _morceau(nom: str, patient: Tableau, entree: Tableau, sortie: Tableau) -> Lignes:
    nombre = len(patient)
    venues = Lignes(patient=patient, sorte=np.full(nombre, SORTE[nom], dtype=np.int8), date_entree=entree, date_sortie=sortie)
    venues.nb_seances, venues.groupe = np.full(nombre, NUL), np.full(nombre, -1)
    venues.preparation = np.zeros(nombre, dtype=bool)
    return venues


def _seances(rng: Hasard, nom: str, patient: Tableau, jours: Tableau, calendrier: Calendrier, minutes: int) -> Lignes:
    """Return séances kept within the calendar, with a few absences."""
    gardees = (jours <= calendrier.fin) & (jours >= calendrier.origine) & (rng.random(len(jours)) > 0.02)
    patient, jours = patient[gardees], jours[gardees]
    nombre = len(jours)
    entree = jours * JOUR + rng.integers(7 * 60, 15 * 60, nombre) * 60
    morceau = _morceau(nom, patient, entree, entree + rng.integers(minutes // 2, minutes, nombre) * 60)
    morceau.nb_seances = np.where(tirer(rng, 0.9, nombre), 1, NUL)
    return morceau


def repeter(nombres: Tableau) -> tuple[Tableau, Tableau]:
    """Return, for series of given lengths, the series of each item and its rank in the series."""
    serie = np.repeat(np.arange(len(nombres)), nombres)
    return serie, np.arange(len(serie)) - np.repeat(np.cumsum(nombres) - nombres, nombres)


def _dialyses(rng: Hasard, nombre: int, calendrier: Calendrier) -> tuple[Lignes, int]:
    """Return haemodialysis: three séances a week for months, and holiday-makers of one or two séances."""
    population = max(4, round(nombre / 52))
    passage = tirer(rng, 0.15, population)
    passage[:1] = True
    longueurs = np.where(passage, rng.integers(1, 3, population), rng.integers(20, 110, population))
    # Whole lengths adjusted so that the total follows the scale.
    facteur = max(0.2, (nombre - passage.sum() * 2) / longueurs.sum())
    longueurs = np.maximum(1, np.round(longueurs * facteur)).astype(int)
    longueurs = np.where(passage, rng.integers(1, 3, population), longueurs)
    debut = rng.integers(calendrier.debut - 60, calendrier.fin - 20, population)
    debut = np.minimum(debut, calendrier.fin - np.minimum(longueurs * 7 // 3, calendrier.fin - calendrier.debut))
    serie, rang = repeter(longueurs)
    lundi = debut - (debut + 3) % 7 + rng.integers(0, 2, population)
    jours = lundi[serie] + 7 * (rang // 3) + 2 * (rang % 3)
    return _seances(rng, "dialyse", serie, jours, calendrier, 280), population


def _chimiotherapies(rng: Hasard, nombre: int, calendrier: Calendrier) -> tuple[Lignes, int]:
    """Return courses of chemotherapy: one séance every 7, 14 or 21 days, 1 to 12 of them."""
    population = max(4, round(nombre / 6.3))
    cycles = rng.integers(1, 13, population)
    intervalle = np.array([7, 14, 14, 21, 21, 21])[rng.integers(0, 6, population)]
    debut = rng.integers(calendrier.debut - 30, calendrier.fin - 10, population)
    debut -= np.maximum(0, (debut + 3) % 7 - 4)
    serie, rang = repeter(cycles)
    morceau = _seances(rng, "chimiotherapie", serie, debut[serie] + rang * intervalle[serie], calendrier, 300)
    # Oral or weekly courses billed in one go: several séances on one venue.
    plusieurs = tirer(rng, 0.04, len(morceau))
    morceau.nb_seances = np.where(plusieurs, rng.integers(2, 5, len(plusieurs)), morceau.nb_seances)
    morceau.date_sortie = np.minimum(morceau.date_sortie + 21 * JOUR * plusieurs, calendrier.terme - 3600)
    return morceau, population


def _radiotherapies(rng: Hasard, nombre: int, calendrier: Calendrier) -> tuple[Lignes, int]:
    """Return courses of radiotherapy: a preparation, then one séance per working day, 1 to 33 of them."""
    population = max(3, round(nombre / 18))
    fractions = np.array([1, 2, 5, 10, 15, 20, 25, 33])[rng.integers(0, 8, population)]
    debut = rng.integers(calendrier.debut + 10, calendrier.fin - 10, population)
    debut -= (debut + 3) % 7
    serie, rang = repeter(fractions + 1)
    traitement = np.maximum(rang - 1, 0)
    jours = np.where(rang == 0, debut[serie] - 11, debut[serie] + 7 * (traitement // 5) + traitement % 5)
    gardees = (jours <= calendrier.fin) & ((rang == 0) | (rng.random(len(jours)) > 0.02))
    entree = jours[gardees] * JOUR + rng.integers(8 * 60, 17 * 60, int(gardees.sum())) * 60
    morceau = _morceau("radiotherapie", serie[gardees], entree, entree + 1800)
    morceau.preparation = rang[gardees] == 0
    morceau.nb_seances = np.where(tirer(rng, 0.9, len(entree)), 1, NUL)
    return morceau, population


def _separer(venues: Lignes, nb_patients: int) -> None:
    """Give another patient to a stay that would overlap an earlier one of the same patient."""
    sejour = np.flatnonzero(np.isin(venues.sorte, [SORTE[nom] for nom in SEJOURS]))
    for _ in range(3):
        ordre = sejour[np.lexsort((venues.date_entree[sejour], venues.patient[sejour]))]
        patient, entree = venues.patient[ordre], venues.date_entree[ordre]
        base = entree.min() if len(entree) else 0
        avant = np.maximum.accumulate(patient * (1 << 34) + (venues.date_sortie[ordre] - base))[:-1]
        croise = np.zeros(len(ordre), dtype=bool)
        croise[1:] = avant > patient[1:] * (1 << 34) + (entree[1:] - base)
        rangs = ordre[croise]
        venues.patient[rangs] = (venues.patient[rangs] * 31 + 17 * np.arange(len(rangs)) + 5) % nb_patients


def _grouper(rng: Hasard, venues: Lignes) -> Lignes:
    """Split some psychiatric stays into several venues that share a stay number, one per month of care."""
    duree = (venues.date_sortie - venues.date_entree) // JOUR
    part = np.where(venues.sorte == SORTE["psy_jour"], 0.16, np.where(venues.sorte == SORTE["psy_complet"], 0.05, 0.0))
    groupes = np.flatnonzero((duree >= 40) & tirer(rng, part, len(duree)))
    if not len(groupes):
        return venues
    nombres = np.minimum(duree[groupes] // 30 + 1, 5)
    groupe, rang = repeter(nombres)
    parties = venues.prendre(groupes[groupe])
    parties.date_entree = parties.date_entree + 30 * JOUR * rang
    parties.date_sortie = np.where(rang == nombres[groupe] - 1, parties.date_sortie, parties.date_entree + 29 * JOUR)
    parties.groupe = groupe
    reste = np.ones(len(duree), dtype=bool)
    reste[groupes] = False
    return Lignes.bout_a_bout(venues.prendre(reste), parties)


def _deces(rng: Hasard, site: Site, mode: Tableau, closes: Tableau, nb_patients: int) -> Tableau:
    """Let some patients die at the end of their last venue, when it is a stay."""
    venues = site.venues
    derniere = np.zeros(nb_patients + 1, dtype=np.int64)
    ordre = np.argsort(np.where(venues.date_sortie == NUL, venues.date_entree, venues.date_sortie), kind="stable")
    derniere[venues.patient[ordre]] = ordre
    meurt = np.zeros(len(mode), dtype=bool)
    meurt[derniere] = True
    meurt &= closes & site.venues_de("mco_medecine", "smr_complet", "had")
    return np.where(meurt & tirer(rng, 0.07, len(mode)), DECES, mode)
