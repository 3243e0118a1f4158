"""Venues of one establishment: stays, series of séances, consultations, emergency visits."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from .calendrier import Calendrier, jour_de
from .colonnes import JOUR, NUL, Table, booleen, code, entier, ident, instant
from .hasard import choisir, generateur, tirer
from .profils import SORTE, Etablissement
from .structures import CHAMP_DE, CHAMPS, MODE_DE, MODES, SEANCE_DE, TYPES_SEANCE, Structures, uf_de

Tableau = np.ndarray

PART_HISTORIQUE = 0.08
"""Venues before the 14 months, as a share of those within."""

MODES_SORTIE = ("DOMICILE", "TRANSFERT", "MUTATION", "DECES", "AUTRE")
DECES = 3

# Mean length in days of the stays, and the longest one.
DUREES: dict[str, tuple[float, int]] = {
    "mco_medecine": (5.5, 60),
    "mco_chirurgie": (4.0, 45),
    "smr_complet": (24.0, 120),
    "smr_jour": (35.0, 90),
    "psy_complet": (20.0, 150),
    "psy_jour": (70.0, 200),
    "had": (21.0, 150),
}
PROGRAMMEES = (
    "mco_chirurgie",
    "ambu_chirurgie",
    "ambu_medecine",
    "transfusion",
    "smr_complet",
    "smr_jour",
    "psy_jour",
    "externe",
)


@dataclass
class Venues:
    """Venues of one establishment in order of entry; every attribute is an array with one value per venue.

    Args:
        patient: row number of the patient.
        sorte: kind of venue (number in `SORTES`).
        entree: instant of entry, seconds.
        sortie: instant of exit, seconds; `NUL` while open.
        uf: row number of the unit.
        nb_seances: number of séances carried, `NUL` when the GAM does not say.
        preparation: radiotherapy preparation rather than a séance.
        groupe: number shared by the venues of one grouped stay, -1 when the venue is alone.
        mode_sortie: index in `MODES_SORTIE`, -1 when unknown.
        facturee: billed consultation (the truth).
        facturation_ace: what the GAM says of it, -1 when it says nothing.
        consultation: consultation by a medical professional, -1 when not a consultation.
        iep: administrative number, 9 digits.
        chef_iep: smallest iep of the stay, the venue's own iep when it is alone.
    """

    patient: Tableau
    sorte: Tableau
    entree: Tableau
    sortie: Tableau
    uf: Tableau
    nb_seances: Tableau
    preparation: Tableau
    groupe: Tableau
    mode_sortie: Tableau
    facturee: Tableau
    facturation_ace: Tableau
    consultation: Tableau
    iep: Tableau
    chef_iep: Tableau

    def __len__(self) -> int:
        """Return the number of venues."""
        return len(self.patient)

    @property
    def jour_entree(self) -> Tableau:
        """Return the day of entry of each venue."""
        return jour_de(self.entree)

    @property
    def jour_sortie(self) -> Tableau:
        """Return the day of exit of each venue, `NUL` while open."""
        return np.where(self.sortie == NUL, NUL, jour_de(self.sortie))

    def dernier_jour(self, calendrier: Calendrier) -> Tableau:
        """Return the last day of each venue; an open one lasts until the extraction."""
        return np.where(self.sortie == NUL, calendrier.fin, np.minimum(jour_de(self.sortie), calendrier.fin))

    def prendre(self, lignes: Tableau) -> Venues:
        """Return the venues of the row numbers `lignes`, in that order."""
        return Venues(**{champ.name: getattr(self, champ.name)[lignes] for champ in fields(self)})


def nombre_prevu(etablissement: Etablissement, echelle: float) -> int:
    """Return about how many venues an establishment has over the whole period."""
    return int(sum(etablissement.profil.volumes.values()) * etablissement.part * echelle * (1 + PART_HISTORIQUE)) + 1


def construire(
    etablissement: Etablissement, calendrier: Calendrier, graine: int, echelle: float, structures: Structures
) -> Venues:
    """Return the venues of one establishment.

    Args:
        etablissement: which one.
        calendrier: months covered.
        graine: seed.
        echelle: factor of its volumes.
        structures: its units.
    """
    rng = generateur(graine, etablissement.finess, "venues")
    volumes = {nom: max(1, round(nombre * etablissement.part * echelle)) for nom, nombre in etablissement.profil.volumes.items()}
    morceaux: list[dict[str, Tableau]] = []
    nb_patients = 0
    # Psychiatry and series have their own patients; the rest of the hospital shares one population.
    for noms, repetition in (
        (("psy_complet", "psy_jour"), 0.45),
        (tuple(n for n in volumes if n not in SERIES_ET_PSY), 0.62),
    ):
        nombre = sum(volumes.get(nom, 0) for nom in noms)
        population = max(2, round(nombre * repetition))
        for nom in noms:
            if nom in volumes:
                morceaux.append(_simples(rng, nom, volumes[nom], calendrier, nb_patients, population))
        nb_patients += population
    series = {"dialyse": _dialyses, "chimiotherapie": _chimiotherapies, "radiotherapie": _radiotherapies}
    for nom, serie in series.items():
        if nom in volumes:
            morceau, population = serie(rng, volumes[nom], calendrier)
            morceau["patient"] += nb_patients
            _suivi_externe(rng, morceaux, nb_patients, population)
            nb_patients += population
            morceaux.append(morceau)

    cles = ("patient", "sorte", "entree", "sortie", "nb_seances", "preparation", "groupe")
    tout = {cle: np.concatenate([m[cle] for m in morceaux]) for cle in cles}
    _separer(tout, nb_patients)
    tout = _grouper(rng, tout)
    gardees = (tout["entree"] >= calendrier.origine * JOUR) & (tout["entree"] < (calendrier.fin + 1) * JOUR)
    ordre = np.flatnonzero(gardees)
    ordre = ordre[np.lexsort((tout["sorte"][ordre], tout["patient"][ordre], tout["entree"][ordre]))]
    tout = {cle: valeurs[ordre] for cle, valeurs in tout.items()}

    nombre = len(ordre)
    # An exit after the extraction is not known yet, except a few planned ones.
    future = tout["sortie"] >= (calendrier.fin + 1) * JOUR
    tout["sortie"] = np.where(future & ~tirer(rng, 0.1, nombre), NUL, tout["sortie"])
    externe = tout["sorte"] == SORTE["externe"]
    tout["sortie"] = np.where(externe & tirer(rng, 0.1, nombre), NUL, tout["sortie"])
    facturee = externe & tirer(rng, 0.9, nombre)
    uf = uf_de(structures, tout["sorte"], rng)
    # One consulting service does not send its billing to the GAM: only the RSF-ACE knows.
    muettes = externe & ((uf == np.flatnonzero(structures.uf_sorte == SORTE["externe"])[0]) | tirer(rng, 0.02, nombre))
    sortie_connue = tout["sortie"] != NUL
    mode = np.where(sortie_connue, choisir(rng, (88, 5, 4, 0, 3), nombre), -1).astype(np.int8)
    mode = np.where(tirer(rng, 0.03, nombre), -1, mode)
    iep = _ieps(tout["entree"])
    venues = Venues(
        patient=tout["patient"],
        sorte=tout["sorte"],
        entree=tout["entree"],
        sortie=tout["sortie"],
        uf=uf,
        nb_seances=tout["nb_seances"],
        preparation=tout["preparation"].astype(bool),
        groupe=tout["groupe"],
        mode_sortie=_deces(rng, tout, mode, sortie_connue & ~future, nb_patients),
        facturee=facturee,
        facturation_ace=np.where(externe & ~muettes, facturee, -1).astype(np.int8),
        consultation=np.where(externe, tirer(rng, 0.82, nombre), -1).astype(np.int8),
        iep=iep,
        chef_iep=_chefs(tout["groupe"], iep),
    )
    return venues


SERIES_ET_PSY = frozenset({"psy_complet", "psy_jour", "dialyse", "chimiotherapie", "radiotherapie"})


def table(etablissement: Etablissement, venues: Venues, structures: Structures, ipp: Tableau) -> Table:
    """Return the flux gam/venues.

    Args:
        etablissement: whose venues.
        venues: the venues.
        structures: its units.
        ipp: number of each patient.
    """
    seances = venues.nb_seances
    a_numero = venues.groupe >= 0
    par_nda = etablissement.profil.pmsi_psy_par_nda
    sortie_provisoire = np.full(len(venues), NUL)
    sites = [etablissement.finess_geo(site) for site in range(3)]
    jours = venues.jour_entree
    return Table(
        "gam/venues",
        {
            "iep": ident(venues.iep, "", 9),
            "ipp": ident(ipp[venues.patient], "", 8),
            "finess_geo": code(structures.uf_site[venues.uf], sites),
            "champ": code(CHAMP_DE[venues.sorte], CHAMPS),
            "mode_hospitalisation": code(MODE_DE[venues.sorte], MODES),
            "type_seance": code(SEANCE_DE[venues.sorte], TYPES_SEANCE),
            "numero_sejour": ident(np.where(a_numero, venues.chef_iep, -1), "PSY" if par_nda else "", 9),
            "uf": ident(structures.uf_code[venues.uf], "", 4),
            "date_entree": instant(venues.entree),
            "date_sortie": instant(venues.sortie),
            "nb_seances": entier(seances),
            "mode_sortie": code(venues.mode_sortie, MODES_SORTIE),
            "facturation_ace": booleen(venues.facturation_ace),
            "consultation_medicale": booleen(venues.consultation),
        },
        evenement=jours,
        maj=np.where(venues.sortie == NUL, jours, np.maximum(jours, jour_de(venues.sortie))),
        provisoire={
            "date_sortie": instant(sortie_provisoire),
            "mode_sortie": code(np.full(len(venues), -1, dtype=np.int8), MODES_SORTIE),
        },
    )


def _jours(rng: np.random.Generator, nom: str, nombre: int, calendrier: Calendrier) -> Tableau:
    """Draw entry days: fewer at weekends for planned care, fewer in August, a few before the 14 months."""
    jours = np.arange(calendrier.origine, calendrier.fin + 1)
    poids = np.where(jours >= calendrier.debut, 1.0, 0.0)
    poids *= np.where((jours.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12) == 7, 0.8, 1.0)
    samedi_dimanche = (jours + 3) % 7 >= 5
    poids *= np.where(samedi_dimanche, 0.0 if nom in PROGRAMMEES else 0.75, 1.0)
    ancien = (jours < calendrier.debut) & ~samedi_dimanche
    poids[ancien] = PART_HISTORIQUE * poids.sum() / ancien.sum()
    if nom == "urgences":
        poids[ancien] = 0.0
    cumul = np.cumsum(poids)
    return jours[np.minimum(np.searchsorted(cumul / cumul[-1], rng.random(nombre), side="right"), len(jours) - 1)]


def _simples(
    rng: np.random.Generator, nom: str, nombre: int, calendrier: Calendrier, premier: int, population: int
) -> dict[str, Tableau]:
    """Return venues whose patients are drawn independently, some patients much more often than others."""
    nombre = round(nombre * (1 + PART_HISTORIQUE)) if nom != "urgences" else nombre
    jours = _jours(rng, nom, nombre, calendrier)
    patient = premier + np.floor(population * rng.random(nombre) ** 1.6).astype(np.int64)
    if nom in DUREES:
        moyenne, maximum = DUREES[nom]
        duree = np.minimum(np.ceil(rng.exponential(moyenne, nombre)), maximum).astype(np.int64)
        heure = rng.integers(7 * 60, 20 * 60, nombre) if nom not in PROGRAMMEES else rng.integers(420, 660, nombre)
        entree = jours * JOUR + heure * 60
        sortie = (jours + duree) * JOUR + rng.integers(10 * 60, 18 * 60, nombre) * 60
    elif nom == "urgences":
        entree = jours * JOUR + rng.integers(0, 1440, nombre) * 60
        sortie = entree + rng.integers(60, 900, nombre) * 60
    else:
        entree = jours * JOUR + rng.integers(420, 900, nombre) * 60
        sortie = entree + (rng.integers(15, 60, nombre) if nom == "externe" else rng.integers(180, 500, nombre)) * 60
    return _morceau(nom, patient, entree + rng.integers(0, 60, nombre), sortie)


def _morceau(nom: str, patient: Tableau, entree: Tableau, sortie: Tableau) -> dict[str, Tableau]:
    nombre = len(patient)
    return {
        "patient": patient,
        "sorte": np.full(nombre, SORTE[nom], dtype=np.int8),
        "entree": entree,
        "sortie": sortie,
        "nb_seances": np.full(nombre, NUL),
        "preparation": np.zeros(nombre, dtype=np.int8),
        "groupe": np.full(nombre, -1, dtype=np.int64),
    }


def _seances(
    rng: np.random.Generator, nom: str, patient: Tableau, jours: Tableau, calendrier: Calendrier, minutes: int
) -> dict[str, Tableau]:
    """Return séances kept within the calendar, with a few absences."""
    gardees = (jours <= calendrier.fin) & (jours >= calendrier.origine) & (rng.random(len(jours)) > 0.02)
    patient, jours = patient[gardees], jours[gardees]
    nombre = len(jours)
    entree = jours * JOUR + rng.integers(7 * 60, 15 * 60, nombre) * 60
    morceau = _morceau(nom, patient, entree, entree + rng.integers(minutes // 2, minutes, nombre) * 60)
    morceau["nb_seances"] = np.where(tirer(rng, 0.9, nombre), 1, NUL)
    return morceau


def _repeter(nombres: Tableau) -> tuple[Tableau, Tableau]:
    """Return, for series of given lengths, the series of each séance and its rank in the series."""
    serie = np.repeat(np.arange(len(nombres)), nombres)
    return serie, np.arange(len(serie)) - np.repeat(np.cumsum(nombres) - nombres, nombres)


def _dialyses(rng: np.random.Generator, nombre: int, calendrier: Calendrier) -> tuple[dict[str, Tableau], int]:
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
    serie, rang = _repeter(longueurs)
    lundi = debut - (debut + 3) % 7 + rng.integers(0, 2, population)
    jours = lundi[serie] + 7 * (rang // 3) + 2 * (rang % 3)
    return _seances(rng, "dialyse", serie, jours, calendrier, 280), population


def _chimiotherapies(rng: np.random.Generator, nombre: int, calendrier: Calendrier) -> tuple[dict[str, Tableau], int]:
    """Return courses of chemotherapy: one séance every 7, 14 or 21 days, 1 to 12 of them."""
    population = max(4, round(nombre / 6.3))
    cycles = rng.integers(1, 13, population)
    intervalle = np.array([7, 14, 14, 21, 21, 21])[rng.integers(0, 6, population)]
    debut = rng.integers(calendrier.debut - 30, calendrier.fin - 10, population)
    debut -= np.maximum(0, (debut + 3) % 7 - 4)
    serie, rang = _repeter(cycles)
    morceau = _seances(rng, "chimiotherapie", serie, debut[serie] + rang * intervalle[serie], calendrier, 300)
    # Oral or weekly courses billed in one go: several séances on one venue.
    plusieurs = tirer(rng, 0.04, len(morceau["patient"]))
    morceau["nb_seances"] = np.where(plusieurs, rng.integers(2, 5, len(plusieurs)), morceau["nb_seances"])
    morceau["sortie"] = np.where(plusieurs, morceau["sortie"] + 21 * JOUR, morceau["sortie"])
    morceau["sortie"] = np.minimum(morceau["sortie"], (calendrier.fin + 1) * JOUR - 3600)
    return morceau, population


def _radiotherapies(rng: np.random.Generator, nombre: int, calendrier: Calendrier) -> tuple[dict[str, Tableau], int]:
    """Return courses of radiotherapy: a preparation, then one séance per working day, 1 to 33 of them."""
    population = max(3, round(nombre / 18))
    fractions = np.array([1, 2, 5, 10, 15, 20, 25, 33])[rng.integers(0, 8, population)]
    debut = rng.integers(calendrier.debut + 10, calendrier.fin - 10, population)
    debut -= (debut + 3) % 7
    serie, rang = _repeter(fractions + 1)
    traitement = np.maximum(rang - 1, 0)
    jours = np.where(rang == 0, debut[serie] - 11, debut[serie] + 7 * (traitement // 5) + traitement % 5)
    gardees = (jours <= calendrier.fin) & ((rang == 0) | (rng.random(len(jours)) > 0.02))
    nombre_reel = int(gardees.sum())
    entree = jours[gardees] * JOUR + rng.integers(8 * 60, 17 * 60, nombre_reel) * 60
    morceau = _morceau("radiotherapie", serie[gardees], entree, entree + 1800)
    morceau["preparation"] = (rang[gardees] == 0).astype(np.int8)
    morceau["nb_seances"] = np.where(tirer(rng, 0.9, nombre_reel), 1, NUL)
    return morceau, population


def _suivi_externe(rng: np.random.Generator, morceaux: list[dict[str, Tableau]], premier: int, population: int) -> None:
    """Give some of the consultations to the patients of a series."""
    for morceau in morceaux:
        if len(morceau["sorte"]) and morceau["sorte"][0] == SORTE["externe"]:
            suivies = tirer(rng, 0.06, len(morceau["patient"]))
            tires = premier + rng.integers(0, population, len(suivies))
            morceau["patient"] = np.where(suivies, tires, morceau["patient"])


def _separer(tout: dict[str, Tableau], nb_patients: int) -> None:
    """Give another patient to a stay that would overlap an earlier one of the same patient."""
    sejour = np.flatnonzero(np.isin(tout["sorte"], [SORTE[nom] for nom in DUREES]))
    for _ in range(3):
        ordre = sejour[np.lexsort((tout["entree"][sejour], tout["patient"][sejour]))]
        patient, entree = tout["patient"][ordre], tout["entree"][ordre]
        base = entree.min() if len(entree) else 0
        cle = patient * (1 << 34) + (tout["sortie"][ordre] - base)
        avant = np.maximum.accumulate(cle)[:-1]
        croise = np.zeros(len(ordre), dtype=bool)
        croise[1:] = avant > patient[1:] * (1 << 34) + (entree[1:] - base)
        lignes = ordre[croise]
        tout["patient"][lignes] = (tout["patient"][lignes] * 31 + 17 * np.arange(len(lignes)) + 5) % nb_patients


def _grouper(rng: np.random.Generator, tout: dict[str, Tableau]) -> dict[str, Tableau]:
    """Split some psychiatric stays into several venues that share a stay number, one per month of care."""
    duree = (tout["sortie"] - tout["entree"]) // JOUR
    jour, complet = tout["sorte"] == SORTE["psy_jour"], tout["sorte"] == SORTE["psy_complet"]
    part = np.where(jour, 0.16, np.where(complet, 0.05, 0.0))
    groupes = np.flatnonzero((duree >= 40) & tirer(rng, part, len(duree)))
    if not len(groupes):
        return tout
    nombres = np.minimum(duree[groupes] // 30 + 1, 5)
    ligne, rang = _repeter(nombres)
    source = groupes[ligne]
    dernier = rang == nombres[ligne] - 1
    entree = tout["entree"][source] + 30 * JOUR * rang
    morceaux = {cle: valeurs[source] for cle, valeurs in tout.items()}
    morceaux["entree"] = entree
    morceaux["sortie"] = np.where(dernier, tout["sortie"][source], entree + 29 * JOUR)
    morceaux["groupe"] = ligne
    reste = np.ones(len(duree), dtype=bool)
    reste[groupes] = False
    return {cle: np.concatenate([valeurs[reste], morceaux[cle]]) for cle, valeurs in tout.items()}


def _ieps(entree: Tableau) -> Tableau:
    """Number the venues by year of entry: two digits of the year, then seven of rank."""
    annee = entree.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    premiers = np.searchsorted(annee, annee, side="left")
    return (annee % 100) * 10_000_000 + np.arange(len(annee)) - premiers + 1


def _chefs(groupe: Tableau, iep: Tableau) -> Tableau:
    chef = iep.copy()
    membres = np.flatnonzero(groupe >= 0)
    if len(membres):
        minimum = np.full(groupe.max() + 1, np.iinfo(np.int64).max)
        np.minimum.at(minimum, groupe[membres], iep[membres])
        chef[membres] = minimum[groupe[membres]]
    return chef


def _deces(rng: np.random.Generator, tout: dict[str, Tableau], mode: Tableau, closes: Tableau, nb_patients: int) -> Tableau:
    """Let some patients die at the end of their last venue, when it is a stay."""
    derniere = np.zeros(nb_patients + 1, dtype=np.int64)
    fin = np.where(tout["sortie"] == NUL, tout["entree"], tout["sortie"])
    ordre = np.argsort(fin, kind="stable")
    derniere[tout["patient"][ordre]] = ordre
    meurt = np.zeros(len(mode), dtype=bool)
    meurt[derniere] = True
    meurt &= closes & np.isin(tout["sorte"], [SORTE[nom] for nom in ("mco_medecine", "smr_complet", "had")])
    return np.where(meurt & tirer(rng, 0.07, len(mode)), DECES, mode).astype(np.int8)
