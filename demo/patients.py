"""Patients of one establishment: identities, INS, state of their DMP."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .calendrier import Calendrier
from .colonnes import Table, booleen, code, ident, instant, jour, zeros_devant
from .hasard import choisir, generateur, monter, tirer
from .profils import SORTE, Etablissement
from .venues import Venues

Tableau = np.ndarray

STATUTS = ("PROVISOIRE", "RECUPEREE", "VALIDEE", "QUALIFIEE")
QUALIFIEE = 3
SEXES = ("M", "F", "I")
OIDS = ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9")
STATUTS_DMP = ("ACTIF", "FERME", "INEXISTANT")
JAMAIS = 1 << 40


@dataclass
class Patients:
    """Patients in order of first venue; every attribute is an array with one value per patient.

    Args:
        ipp: local number.
        connu: whether the patient is in the flux gam/patients (a few are missing from it).
        premiere: day of the first venue.
        naissance: day of birth.
        sexe: index in `SEXES`.
        matricule: INS matricule (NIR or NIA and its key), as ASCII bytes; empty when none.
        oid: index in `OIDS`, -1 when none.
        statut: index in `STATUTS`.
        douteuse: doubtful identity.
        fictive: fictitious identity.
        qualifie_le: day when the identity was qualified, `JAMAIS` if it never was.
        dmp_depuis: day when the DMP opened, `JAMAIS` if it does not exist.
        dmp_ferme: day when it was closed, `JAMAIS` if it was not.
        opposition: day when the patient opposed its feeding, `JAMAIS` if not.
        correspondant: row number of the general practitioner.
    """

    ipp: Tableau
    connu: Tableau
    premiere: Tableau
    naissance: Tableau
    sexe: Tableau
    matricule: Tableau
    oid: Tableau
    statut: Tableau
    douteuse: Tableau
    fictive: Tableau
    qualifie_le: Tableau
    dmp_depuis: Tableau
    dmp_ferme: Tableau
    opposition: Tableau
    correspondant: Tableau

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self.ipp)

    def dmp_ouvert(self, patient: Tableau, jours: Tableau) -> Tableau:
        """Tell, for patients at given days, whether their DMP may be fed."""
        return (self.dmp_depuis[patient] <= jours) & (jours < self.dmp_ferme[patient]) & (jours < self.opposition[patient])


def construire(
    etablissement: Etablissement, calendrier: Calendrier, graine: int, venues: Venues, nb_correspondants: int
) -> Patients:
    """Return the patients of the venues, renumber `venues.patient` accordingly, and split a few into duplicates.

    Args:
        etablissement: which one.
        calendrier: months covered.
        graine: seed.
        venues: its venues; their `patient` is changed in place.
        nb_correspondants: number of correspondents among whom the general practitioners are.
    """
    rng = generateur(graine, etablissement.finess, "patients")
    original = _doublons(rng, venues)
    nombre = len(original)
    jours = venues.jour_entree
    premiere = np.full(nombre, JAMAIS)
    derniere = np.full(nombre, -1)
    np.minimum.at(premiere, venues.patient, jours)
    np.maximum.at(derniere, venues.patient, jours)

    majeur = rng.random(nombre) < 0.93
    age = np.where(majeur, np.clip(rng.normal(62, 19, nombre), 18, 102), rng.uniform(0.1, 17.9, nombre))
    naissance = (premiere - age * 365.25).astype(np.int64)
    sexe = choisir(rng, (470, 528, 2), nombre)
    leviers = etablissement.profil.leviers
    qualifie = tirer(rng, monter(calendrier.avancement(derniere), leviers["ins"]), nombre)
    statut = np.where(qualifie, QUALIFIEE, choisir(rng, (35, 30, 35), nombre))
    qualifie_le = np.where(tirer(rng, 0.75, nombre), premiere, derniere)

    # A duplicate shares the identity of its original and is never the qualified one.
    alias = original < np.arange(nombre)
    source = original
    naissance, sexe = naissance[source], sexe[source]
    premiere_source = premiere[source]
    naissance = np.minimum(naissance, np.minimum(premiere, premiere_source))
    statut = np.where(alias, choisir(rng, (60, 25, 15), nombre), statut)
    douteuse = np.where(alias, tirer(rng, 0.3, nombre), tirer(rng, 0.004, nombre)).astype(bool)
    fictive = tirer(rng, 0.002, nombre)
    statut = np.where((douteuse | fictive) & (statut == QUALIFIEE), 2, statut)

    nia = tirer(rng, 0.01, nombre)[source]
    matricule = _matricules(rng, naissance, sexe, nia, source)
    # RECUPEREE comes from INSi without proof of identity: the INS is there, not qualified.
    avec_ins = (statut == QUALIFIEE) | (statut == 1) | ((statut == 2) & tirer(rng, 0.15, nombre))
    matricule = _abimer(rng, matricule, statut)
    matricule = np.where(avec_ins, matricule, b"")
    qualifie_le = np.where(statut == QUALIFIEE, qualifie_le, JAMAIS)

    ouvert = rng.random(nombre)
    dmp_depuis = np.where(
        ouvert < 0.85,
        calendrier.debut - 300,
        np.where(ouvert < 0.94, rng.integers(calendrier.debut, calendrier.fin, nombre), JAMAIS),
    )
    dmp_ferme = np.where(tirer(rng, 0.015, nombre), rng.integers(calendrier.debut, calendrier.fin, nombre), JAMAIS)
    opposition = np.where(tirer(rng, 0.025, nombre), rng.integers(calendrier.debut - 300, calendrier.fin, nombre), JAMAIS)
    ordre = np.lexsort((np.arange(nombre), premiere))
    rang = np.empty(nombre, dtype=np.int64)
    rang[ordre] = np.arange(nombre)
    venues.patient[:] = rang[venues.patient]
    mineur_ou_majeur = rng.integers(0, nb_correspondants, nombre)
    patients = Patients(
        ipp=np.arange(nombre) + 1,
        connu=~tirer(rng, 0.0015, nombre),
        premiere=premiere[ordre],
        naissance=naissance[ordre],
        sexe=sexe[ordre],
        matricule=matricule[ordre],
        oid=np.where(matricule == b"", -1, nia.astype(np.int8))[ordre],
        statut=statut[ordre],
        douteuse=douteuse[ordre],
        fictive=fictive[ordre],
        qualifie_le=qualifie_le[ordre],
        dmp_depuis=dmp_depuis[source][ordre],
        dmp_ferme=dmp_ferme[source][ordre],
        opposition=opposition[source][ordre],
        correspondant=mineur_ou_majeur[source][ordre],
    )
    return patients


def table(patients: Patients) -> Table:
    """Return the flux gam/patients."""
    lignes = np.flatnonzero(patients.connu)
    nombre = len(lignes)
    statut = patients.statut[lignes]
    qualifie_le = np.where(statut == QUALIFIEE, patients.qualifie_le[lignes], patients.premiere[lignes])
    matricules = patients.matricule[lignes].astype("U16")
    vide = np.full(nombre, -1, dtype=np.int8)
    return Table(
        "gam/patients",
        {
            "ipp": ident(patients.ipp[lignes], "", 8),
            "ins_matricule": code(np.where(matricules == "", -1, np.arange(nombre)), matricules),
            "ins_oid": code(patients.oid[lignes], OIDS),
            "statut_identite": code(statut, STATUTS),
            "identite_douteuse": booleen(patients.douteuse[lignes]),
            "identite_fictive": booleen(patients.fictive[lignes]),
            "date_naissance": jour(patients.naissance[lignes]),
            "sexe": code(patients.sexe[lignes], SEXES),
        },
        evenement=patients.premiere[lignes],
        maj=qualifie_le,
        provisoire={
            "ins_matricule": code(vide, ("",)),
            "ins_oid": code(vide, OIDS),
            "statut_identite": code(np.zeros(nombre, dtype=np.int8), STATUTS),
        },
        cumulatif=True,
    )


def statuts_dmp(etablissement: Etablissement, calendrier: Calendrier, graine: int, venues: Venues, patients: Patients) -> Table:
    """Return the flux gam/statuts_dmp: the existence of the DMP tested at admissions, and by batches."""
    rng = generateur(graine, etablissement.finess, "statuts_dmp")
    jours = venues.jour_entree
    bornes = etablissement.profil.leviers["constat"]
    chance = monter(calendrier.avancement(jours), bornes)
    # In a series, the test is made at the first séances only.
    seances = np.isin(venues.sorte, [SORTE["dialyse"], SORTE["radiotherapie"], SORTE["chimiotherapie"]])
    chance = np.where(jours < calendrier.debut - 60, 0.0, np.where(seances, chance * 0.35, chance))
    lignes = np.flatnonzero(tirer(rng, chance, len(venues)))
    patient = venues.patient[lignes]
    constat = venues.entree[lignes] + rng.integers(60, 2400, len(lignes))
    # A test planned before the admission, or made late.
    constat = np.where(tirer(rng, 0.03, len(lignes)), constat + 86_400, constat)
    par_lot = np.flatnonzero(tirer(rng, 0.02, len(patients)))
    nuit = rng.integers(calendrier.debut, calendrier.fin, len(par_lot)) * 86_400 + 2 * 3600
    ailleurs = np.full(len(par_lot), -1)
    patient, constat = np.concatenate([patient, par_lot]), np.concatenate([constat, nuit])
    iep = np.concatenate([np.where(tirer(rng, 0.97, len(lignes)), venues.iep[lignes], -1), ailleurs])
    gardees = constat < (calendrier.fin + 1) * 86_400
    patient, constat, iep = patient[gardees], constat[gardees], iep[gardees]
    # The key is (ipp, date_constat): two tests never share their second.
    ordre = np.lexsort((constat, patient))
    unique = np.ones(len(ordre), dtype=bool)
    unique[1:] = (patient[ordre][1:] != patient[ordre][:-1]) | (constat[ordre][1:] != constat[ordre][:-1])
    ordre = ordre[unique]
    ordre = ordre[np.argsort(constat[ordre], kind="stable")]
    patient, constat, iep = patient[ordre], constat[ordre], iep[ordre]

    nombre = len(ordre)
    j = constat // 86_400
    opposition = patients.opposition[patient] <= j
    accord = choisir(rng, (50, 8, 42), nombre).astype(int) * -1 + 1
    etat = np.where(patients.dmp_depuis[patient] > j, 2, np.where(patients.dmp_ferme[patient] <= j, 1, 0)).astype(np.int8)
    return Table(
        "gam/statuts_dmp",
        {
            "ipp": ident(patients.ipp[patient], "", 8),
            "date_constat": instant(constat),
            "statut_dmp": code(etat, STATUTS_DMP),
            "opposition_alimentation": booleen(opposition),
            "consentement_consultation": booleen(accord),
            "iep": ident(iep, "", 9),
            "information_delivree": booleen(
                _information(generateur(graine, etablissement.finess, "information"), opposition, accord)
            ),
        },
        evenement=j,
    )


def _information(rng: np.random.Generator, opposition: Tableau, accord: Tableau) -> Tableau:
    """Return, per test of the DMP, whether the patient was told of it (-1: not recorded).

    Who opposed or answered was told, whether it was recorded or not; some tests are made without a word.
    """
    repondu = opposition | (accord >= 0)
    return np.where(tirer(rng, 0.85, len(accord)), 1, np.where(repondu | tirer(rng, 0.5, len(accord)), -1, 0))


def _doublons(rng: np.random.Generator, venues: Venues) -> Tableau:
    """Compact the patient numbers and move some venues of 1 % of them to a second number.

    Returns:
        for each patient, the number of the patient whose identity it has (itself unless it is a duplicate).
    """
    presents, venues.patient[:] = np.unique(venues.patient, return_inverse=True)
    nombre = len(presents)
    doubles = np.flatnonzero(tirer(rng, 0.012, nombre))
    alias = np.full(nombre, -1)
    alias[doubles] = nombre + np.arange(len(doubles))
    # The venues of one grouped stay, or of one series, keep one number.
    seule = (venues.groupe < 0) & ~np.isin(venues.sorte, [SORTE[s] for s in ("dialyse", "radiotherapie")])
    deplacees = seule & (alias[venues.patient] >= 0) & tirer(rng, 0.5, len(venues))
    venues.patient[deplacees] = alias[venues.patient[deplacees]]
    presents, venues.patient[:] = np.unique(venues.patient, return_inverse=True)
    original = np.concatenate([np.arange(nombre), doubles])[presents]
    # An original left without any venue gives its place to its duplicate.
    place = np.full(nombre + len(doubles), -1)
    place[presents] = np.arange(len(presents))
    trouve = place[original]
    return np.where(trouve >= 0, trouve, np.arange(len(presents)))


def _matricules(rng: np.random.Generator, naissance: Tableau, sexe: Tableau, nia: Tableau, source: Tableau) -> Tableau:
    """Return synthetic matricules of 15 characters: NIR or NIA of 13 and its key (97 less the remainder by 97)."""
    nombre = len(naissance)
    dates = naissance.astype("datetime64[D]")
    annee = (dates.astype("datetime64[Y]").astype(np.int64) + 1970) % 100
    mois = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    premier = np.where(sexe == 0, 1, 2) + np.where(nia, 6, 0)
    departements = np.array([29, 35, 59, 67, 75, 13, 33, 99, 20, 19])
    departement = departements[choisir(rng, (9, 8, 9, 8, 9, 9, 8, 3, 2, 2), nombre)]
    # 19 and 18 stand for 2A and 2B in the arithmetic of the key (here: 20 for 2A, 19 for 2B in the draw).
    corse_a, corse_b = departement == 20, departement == 19
    calcul = np.where(corse_a, 19, np.where(corse_b, 18, departement))
    commune = rng.integers(901, 999, nombre)
    rang = (source * 7 + 13) % 999 + 1
    nir = ((((premier * 100 + annee) * 100 + mois) * 100 + calcul) * 1000 + commune) * 1000 + rang
    cle = 97 - nir % 97
    texte13 = zeros_devant(nir.astype("S13"), 13)
    texte15 = np.char.add(texte13, zeros_devant(cle.astype("S2"), 2))
    vue = texte15.view(np.uint8).reshape(nombre, 15).copy()
    vue[corse_a, 5:7] = np.frombuffer(b"2A", dtype=np.uint8)
    vue[corse_b, 5:7] = np.frombuffer(b"2B", dtype=np.uint8)
    return vue.reshape(-1).view("S15")[source]


def _abimer(rng: np.random.Generator, matricules: Tableau, statut: Tableau) -> Tableau:
    """Spoil a few matricules: a wrong key on qualified ones, a wrong length on the others."""
    hasard = rng.random(len(matricules))
    longs = matricules.astype("S16")
    vue = longs.view(np.uint8).reshape(len(matricules), 16).copy()
    qualifie = statut == QUALIFIEE
    mauvaise_cle = qualifie & (hasard < 0.003)
    vue[mauvaise_cle, 13:15] = np.frombuffer(b"99", dtype=np.uint8)
    vue[~qualifie & (hasard < 0.006), 14] = 0
    vue[~qualifie & (hasard > 0.997), 15] = ord("0")
    return vue.reshape(-1).view("S16")
