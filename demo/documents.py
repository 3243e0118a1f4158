"""Clinical documents produced by the venues, version by version."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from .calendrier import Calendrier
from .colonnes import JOUR, NUL, Table, booleen, code, entier, ident, instant
from .hasard import choisir, generateur, monter, tirer
from .patients import QUALIFIEE, Patients
from .profils import SERIES, SORTE, SORTES, Etablissement
from .venues import Venues

Tableau = np.ndarray

TYPES = (
    "11490-0", "34112-3", "34874-8", "11488-4", "15507-7", "11502-2", "18748-4", "60568-3", "57833-6", "PRESC-BIO",
    "PRESC-INF", "PRESC-KINE", "55115-0", "18761-7", "96349-6", "60591-5", "68599-0", "34749-2", "77436-4", "78513-9",
    "85208-7", "PRESC-AAT", "51969-4",
)  # fmt: skip
TYPE = {code_: rang for rang, code_ in enumerate(TYPES)}
LDL, CRH, CRO, CRC, CR_BIO, CR_IMAGERIE, CR_ACP = (
    TYPE[c] for c in ("11490-0", "34112-3", "34874-8", "11488-4", "11502-2", "18748-4", "60568-3")
)
ORDONNANCES = tuple(TYPE[c] for c in ("57833-6", "PRESC-BIO", "PRESC-INF", "PRESC-KINE", "55115-0"))
A_LA_SORTIE = (LDL, CRH, TYPE["60591-5"], TYPE["68599-0"], TYPE["PRESC-AAT"], *ORDONNANCES)

# Mean number of documents of each type per venue; above 1, several are possible.
_STANDARD = {"57833-6": 0.75, "PRESC-BIO": 0.15, "PRESC-INF": 0.2, "55115-0": 0.12, "96349-6": 0.2, "18761-7": 0.08}
RECETTES: dict[str, dict[str, float]] = {
    "mco_medecine": {**_STANDARD, "11490-0": 1, "34112-3": 0.6, "11502-2": 3.6, "18748-4": 1.3, "60568-3": 0.05,
                     "PRESC-KINE": 0.1, "PRESC-AAT": 0.1, "60591-5": 0.04, "51969-4": 0.02},
    "mco_chirurgie": {**_STANDARD, "11490-0": 1, "34112-3": 0.35, "34874-8": 0.97, "11502-2": 2.6, "18748-4": 1.3,
                      "60568-3": 0.22, "PRESC-KINE": 0.35, "PRESC-AAT": 0.25, "34749-2": 0.6, "77436-4": 0.7},
    "ambu_chirurgie": {"11490-0": 1, "34874-8": 0.97, "57833-6": 0.85, "PRESC-INF": 0.25, "PRESC-AAT": 0.2,
                       "11502-2": 0.5, "18748-4": 0.2, "34749-2": 0.5, "77436-4": 0.6, "60568-3": 0.1},
    "ambu_medecine": {"11490-0": 0.95, "11488-4": 0.2, "57833-6": 0.5, "11502-2": 1.5, "18748-4": 0.6},
    "transfusion": {"11490-0": 0.8, "11502-2": 1.3},
    "chimiotherapie": {"11490-0": 0.12, "11488-4": 0.3, "57833-6": 0.12, "11502-2": 1.2},
    "radiotherapie": {"11490-0": 0.08, "11488-4": 0.12, "18748-4": 0.05},
    "dialyse": {"11490-0": 0.045, "11488-4": 0.06, "57833-6": 0.04, "11502-2": 0.7},
    "smr_complet": {"11490-0": 1, "34112-3": 0.4, "57833-6": 0.75, "PRESC-KINE": 0.4, "11502-2": 2.5, "18748-4": 0.5,
                    "60591-5": 0.2, "96349-6": 0.15},
    "smr_jour": {"11490-0": 0.9, "PRESC-KINE": 0.5, "57833-6": 0.3, "60591-5": 0.2},
    "psy_complet": {"11490-0": 1, "34112-3": 0.3, "57833-6": 0.75, "68599-0": 0.3, "11502-2": 1.8, "18748-4": 0.12,
                    "96349-6": 0.2},
    "psy_jour": {"11490-0": 0.8, "68599-0": 0.4, "57833-6": 0.25},
    "had": {"11490-0": 1, "57833-6": 0.75, "PRESC-INF": 0.6, "11502-2": 3.0, "60591-5": 0.3, "96349-6": 0.1},
    "externe": {"11488-4": 0.85, "57833-6": 0.45, "PRESC-BIO": 0.15, "55115-0": 0.15, "11502-2": 0.5, "18748-4": 0.55,
                "96349-6": 0.2, "60568-3": 0.05, "78513-9": 0.05, "85208-7": 0.03, "60591-5": 0.03},
    "urgences": {"15507-7": 0.93, "11502-2": 1.4, "18748-4": 0.9, "57833-6": 0.6},
}  # fmt: skip

NIVEAUX = ("N1", "N3")
PRODUCTEURS = ("INTERNE", "SOUS_TRAITANT")
CATEGORIES = ("MEDICALE", "ACP", "GENETIQUE")
MODALITES = ("RADIOLOGIE", "MAMMOGRAPHIE", "SCANNER", "IRM", "ECHOGRAPHIE", "AUTRE")


@dataclass
class Documents:
    """Versions of documents in order of creation; every attribute is an array with one value per version.

    Args:
        venue: row number of the venue that produced it.
        patient: row number of the patient.
        rattache: whether the document bears the iep of its venue.
        type_code: index in `TYPES`.
        lot: number of the set of versions.
        version: 1, 2, ...
        creation: instant, seconds.
        niveau: index in `NIVEAUX`, -1 when not CDA.
        numerise: scanned paper.
        ins: bears the qualified INS.
        entete: structured header.
        consultable: can be read from the services.
        producteur: index in `PRODUCTEURS`, -1 when not from a technical department.
        categorie: index in `CATEGORIES`, -1 when not biology.
        modalite: index in `MODALITES`, -1 when not imaging.
        non_transmission: decision not to send it.
        correspondant: row number of the correspondent it is written to, -1 when none.
        reprise: belongs to the campaign that sends earlier documents.
    """

    venue: Tableau
    patient: Tableau
    rattache: Tableau
    type_code: Tableau
    lot: Tableau
    version: Tableau
    creation: Tableau
    niveau: Tableau
    numerise: Tableau
    ins: Tableau
    entete: Tableau
    consultable: Tableau
    producteur: Tableau
    categorie: Tableau
    modalite: Tableau
    non_transmission: Tableau
    correspondant: Tableau
    reprise: Tableau

    def __len__(self) -> int:
        """Return the number of versions."""
        return len(self.venue)

    def prendre(self, lignes: Tableau) -> Documents:
        """Return the versions of the row numbers `lignes`, in that order."""
        return Documents(**{champ.name: getattr(self, champ.name)[lignes] for champ in fields(self)})


def construire(
    etablissement: Etablissement, calendrier: Calendrier, graine: int, venues: Venues, patients: Patients
) -> Documents:
    """Return the documents of the venues of one establishment."""
    rng = generateur(graine, etablissement.finess, "documents")
    leviers = etablissement.profil.leviers
    venue, type_code = _productions(rng, etablissement, calendrier, venues)
    repris = tirer(rng, leviers["reprise"][0], len(patients))
    # A campaign patient has a report for nearly every stay: that is what is sent afterwards.
    sans_crh = np.setdiff1d(
        np.flatnonzero(repris[venues.patient] & (venues.sorte <= SORTE["had"]) & ~_en_serie(venues)),
        venue[type_code == CRH],
    )
    venue = np.concatenate([venue, sans_crh])
    type_code = np.concatenate([type_code, np.full(len(sans_crh), CRH, dtype=type_code.dtype)])
    creation = _creations(rng, venues, venue, type_code, calendrier)
    connus = np.flatnonzero((creation != NUL) & (creation < (calendrier.fin + 1) * JOUR))
    venue, type_code, creation = venue[connus], type_code[connus], creation[connus]

    nombre = len(venue)
    patient = venues.patient[venue]
    avancement = calendrier.avancement(creation // JOUR)
    biologie, imagerie, acp = type_code == CR_BIO, type_code == CR_IMAGERIE, type_code == CR_ACP
    plateau = biologie | imagerie | acp
    numerise = tirer(rng, np.clip(0.07 - 0.05 * avancement, 0.02, 0.09), nombre) & ~biologie
    cda = tirer(rng, _par_famille(type_code, monter(avancement, leviers["cda"])), nombre) & ~numerise
    n3 = tirer(rng, np.where(biologie, 0.55, 0.02), nombre)
    qualifie = (patients.statut[patient] == QUALIFIEE) & (patients.qualifie_le[patient] <= creation // JOUR)
    ins = qualifie & tirer(rng, monter(avancement, leviers["ins_document"]), nombre)
    # A few documents bear an INS that was qualified elsewhere, or wrongly.
    ins |= tirer(rng, 0.004, nombre)
    sous_traite = 0.06 if etablissement.profil.activites["laboratoire_interne"] else 0.85
    categorie = np.where(biologie, choisir(rng, (94, 3, 3), nombre), np.where(acp, 1, -1))
    interieur = tirer(rng, np.where(np.isin(venues.sorte[venue], list(_SERIES)), 0.86, 0.988), nombre)
    reprise = (
        repris[patient] & (type_code == CRH) & (patients.statut[patient] == QUALIFIEE) & (creation // JOUR < calendrier.fin - 30)
    )
    ecrit = np.isin(type_code, [LDL, CRC, TYPE["96349-6"]])
    documents = Documents(
        venue=venue,
        patient=patient,
        rattache=interieur,
        type_code=type_code,
        lot=np.zeros(nombre, dtype=np.int64),
        version=np.ones(nombre, dtype=np.int64),
        creation=creation,
        niveau=np.where(reprise, 0, np.where(cda, n3, -1)).astype(np.int8),
        numerise=numerise & ~reprise,
        ins=ins | reprise,
        entete=tirer(rng, monter(avancement, (0.85, 0.97)), nombre) & ~(numerise & tirer(rng, 0.5, nombre)),
        consultable=tirer(rng, np.clip(monter(avancement, leviers["dpi"]) - 0.01, 0, 1), nombre),
        producteur=np.where(plateau, tirer(rng, sous_traite, nombre), -1).astype(np.int8),
        categorie=categorie.astype(np.int8),
        modalite=np.where(imagerie & tirer(rng, 0.97, nombre), choisir(rng, (40, 4, 22, 12, 18, 4), nombre), -1).astype(np.int8),
        non_transmission=plateau & tirer(rng, 0.015, nombre),
        correspondant=np.where(ecrit & tirer(rng, 0.7, nombre), patients.correspondant[patient], -1),
        reprise=reprise,
    )
    return _versionner(rng, documents, calendrier, leviers["ins_document"])


def table(documents: Documents, venues: Venues, patients: Patients, rng: np.random.Generator) -> Table:
    """Return the flux dpi/documents."""
    nombre = len(documents)
    iep = np.where(documents.rattache, venues.iep[documents.venue], -1)
    # Numbers typed by hand in another application: they match no venue.
    iep = np.where(documents.rattache & tirer(rng, 0.0015, nombre), iep + 5_000_000, iep)
    return Table(
        "dpi/documents",
        {
            "document_id": ident(np.arange(nombre) + 1, "D", 8),
            "set_id": ident(documents.lot, "L", 8),
            "version": entier(documents.version),
            "ipp": ident(patients.ipp[documents.patient], "", 8),
            "iep": ident(iep, "", 9),
            "type_code": code(documents.type_code, TYPES),
            "niveau_cda": code(documents.niveau, NIVEAUX),
            "numerise": booleen(documents.numerise),
            "ins_qualifiee": booleen(documents.ins),
            "entete_structuree": booleen(documents.entete),
            "consultable_services": booleen(documents.consultable),
            "date_creation": instant(documents.creation),
            "producteur": code(documents.producteur, PRODUCTEURS),
            "categorie_biologie": code(documents.categorie, CATEGORIES),
            "modalite_imagerie": code(documents.modalite, MODALITES),
            "non_transmission": booleen(documents.non_transmission),
            "correspondant_id": ident(np.where(documents.correspondant >= 0, documents.correspondant + 1, -1), "100", 8),
        },
        evenement=documents.creation // JOUR,
    )


_SERIES = tuple(SORTE[nom] for nom in SERIES)


def _en_serie(venues: Venues) -> Tableau:
    return np.isin(venues.sorte, list(_SERIES))


def _productions(
    rng: np.random.Generator, etablissement: Etablissement, calendrier: Calendrier, venues: Venues
) -> tuple[Tableau, Tableau]:
    """Return the venue and the type of every document produced."""
    avancement = calendrier.avancement(venues.jour_entree)
    lettre = monter(avancement, etablissement.profil.leviers["lettre"])
    # The record of earlier years was only partly loaded.
    ancienne = np.where(avancement < 0, 0.6, 1.0)
    plateau = etablissement.profil.activites["imagerie_interne"]
    lignes_de: list[Tableau] = []
    types_de: list[Tableau] = []
    for nom, recette in RECETTES.items():
        lignes = np.flatnonzero(venues.sorte == SORTE[nom])
        if not len(lignes):
            continue
        for type_code, moyenne in recette.items():
            numero = TYPE[type_code]
            attendu = np.full(len(lignes), moyenne) * ancienne[lignes]
            if numero in (LDL, CRO, CRC):
                attendu *= lettre[lignes]
            if numero == CR_IMAGERIE and not plateau:
                attendu *= 0.3
            nombres = rng.poisson(attendu) if moyenne > 1 else tirer(rng, attendu, len(lignes)).astype(np.int64)
            produites = np.repeat(lignes, nombres)
            lignes_de.append(produites)
            types_de.append(np.full(len(produites), numero, dtype=np.int16))
    return np.concatenate(lignes_de), np.concatenate(types_de)


def _creations(rng: np.random.Generator, venues: Venues, venue: Tableau, type_code: Tableau, calendrier: Calendrier) -> Tableau:
    """Return the instant of creation of each document, `NUL` for one that a present patient cannot have yet."""
    nombre = len(venue)
    entree, sortie = venues.entree[venue], venues.sortie[venue]
    externe = venues.sorte[venue] >= SORTE["externe"]
    a_la_sortie = np.isin(type_code, list(A_LA_SORTIE))
    borne = np.where(sortie == NUL, np.where(externe, entree + 3600, (calendrier.fin + 1) * JOUR), sortie)
    pendant = entree + (rng.random(nombre) * np.maximum(borne - entree, 600)).astype(np.int64)
    retard = choisir(rng, (55, 25, 10, 6, 4), nombre)
    jours = np.array([0, 1, 3, 8, 20])[retard]
    apres = borne - 1800 + rng.integers(0, 3600, nombre) + jours * JOUR
    # Results of technical departments: some come after the patient has left.
    resultat = pendant + np.where(tirer(rng, 0.2, nombre), rng.integers(0, 3 * JOUR, nombre), 0)
    creation = np.where(a_la_sortie, np.maximum(apres, entree + 60), resultat)
    return np.where(a_la_sortie & (sortie == NUL) & ~externe, NUL, creation)


def _par_famille(type_code: Tableau, taux: Tableau) -> Tableau:
    """Modulate the rate of CDA by family: laboratories are ahead, prescriptions behind."""
    facteur = np.ones(len(TYPES))
    facteur[[CR_BIO, CR_IMAGERIE]] = 1.02
    facteur[CR_ACP] = 0.96
    facteur[list(ORDONNANCES)] = 0.95
    return np.minimum(taux * facteur[type_code], 0.99)


def _versionner(
    rng: np.random.Generator, documents: Documents, calendrier: Calendrier, leviers_ins: tuple[float, float]
) -> Documents:
    """Add second and third versions, number the sets, and put everything in order of creation."""
    nombre = len(documents)
    documents.lot = np.arange(nombre) + 1
    morceaux = [documents]
    lignes = np.flatnonzero(tirer(rng, 0.07, nombre) & ~documents.reprise)
    for version in (2, 3):
        if not len(lignes):
            break
        suite = documents.prendre(lignes)
        suite.version[:] = version
        suite.creation = suite.creation + rng.integers(1, 10 * 86_400, len(lignes)) * (version - 1)
        # A new version is often made because the first one lacked something.
        suite.niveau = np.where(tirer(rng, 0.6, len(lignes)), np.maximum(suite.niveau, 0), suite.niveau).astype(np.int8)
        suite.ins = suite.ins | tirer(rng, leviers_ins[1] * 0.3, len(lignes))
        suite.numerise = suite.numerise & tirer(rng, 0.5, len(lignes))
        morceaux.append(suite)
        lignes = lignes[tirer(rng, 0.15, len(lignes))]
    tout = Documents(**{champ.name: np.concatenate([getattr(m, champ.name) for m in morceaux]) for champ in fields(Documents)})
    ordre = np.flatnonzero(tout.creation < (calendrier.fin + 1) * JOUR)
    ordre = ordre[np.lexsort((tout.version[ordre], tout.lot[ordre], tout.creation[ordre]))]
    return tout.prendre(ordre)


assert set(RECETTES) == set(SORTES)
