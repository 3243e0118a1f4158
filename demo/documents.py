"""Clinical documents produced by the venues, version by version."""

import numpy as np

from .calendrier import JOUR
from .hasard import Hasard, choisir, monter, tirer
from .lignes import DONNEES, NUL, Lignes, Table, Tableau, Texte
from .patients import QUALIFIEE
from .site import SORTE, Site

TYPES: dict[str, int] = {code: rang for rang, code in enumerate(DONNEES["types"].split())}
"""Number of each type of document."""
# Letter and report of a stay, reports of an operation, of a consultation, of biology, of imaging, of pathology.
LDL, CRH, CRO, CRC, CR_BIO, CR_IMAGERIE, CR_ACP, *_ = TYPES.values()
ORDONNANCES = [TYPES[code] for code in DONNEES["ordonnances"].split()]
A_LA_SORTIE = [LDL, CRH, *(TYPES[code] for code in ("60591-5", "68599-0", "PRESC-AAT")), *ORDONNANCES]


def construire(site: Site) -> None:
    """Make `site.documents`: the versions of the documents of the venues, in order of creation.

    Per version, beside its columns: venue, patient and correspondant (row numbers; whom it is written to), rattache (bears the
    iep of its venue), type_code (its number), reprise (belongs to the campaign that sends earlier documents).
    """
    rng, venues, patients, calendrier = site.hasard("documents"), site.venues, site.patients, site.calendrier
    venue, type_code = _productions(rng, site)
    repris = tirer(rng, site.leviers["reprise"][0], len(patients))
    # A campaign patient has a report for nearly every stay: that is what is sent afterwards.
    sejours = repris[venues.patient] & (venues.sorte <= SORTE["had"]) & ~venues.serie
    sans_crh = np.setdiff1d(np.flatnonzero(sejours), venue[type_code == CRH])
    venue, type_code = np.concatenate([venue, sans_crh]), np.concatenate([type_code, np.full(len(sans_crh), CRH)])
    creation = _creations(rng, site, venue, type_code)
    connus = np.flatnonzero((creation != NUL) & (creation < calendrier.terme))
    venue, type_code, creation = venue[connus], type_code[connus], creation[connus]

    nombre = len(venue)
    documents = Lignes(venue=venue, patient=venues.patient[venue], type_code=type_code, date_creation=creation)
    documents.set_id, documents.version = np.arange(nombre) + 1, np.ones(nombre, dtype=np.int64)
    jours, statut = creation // JOUR, patients.statut_identite[documents.patient]
    avancement = calendrier.avancement(jours)
    biologie, imagerie, acp = type_code == CR_BIO, type_code == CR_IMAGERIE, type_code == CR_ACP
    plateau = biologie | imagerie | acp
    numerise = tirer(rng, np.clip(0.07 - 0.05 * avancement, 0.02, 0.09), nombre) & ~biologie
    avance = par_type("cda")[type_code]
    cda = tirer(rng, np.minimum(site.taux("cda", jours) * avance, 0.99), nombre) & ~numerise
    n3 = tirer(rng, np.where(biologie, 0.55, 0.02), nombre)
    qualifie = (statut == QUALIFIEE) & (patients.qualifie_le[documents.patient] <= jours)
    ins = qualifie & tirer(rng, site.taux("ins_document", jours), nombre)
    # A few documents bear an INS that was qualified elsewhere, or wrongly.
    ins |= tirer(rng, 0.004, nombre)
    sous_traite = 0.06 if "laboratoire_interne" in site.profil["activites"] else 0.85
    documents.categorie_biologie = np.where(biologie, choisir(rng, (94, 3, 3), nombre), np.where(acp, 1, -1))
    documents.rattache = tirer(rng, np.where(venues.serie[venue], 0.86, 0.988), nombre)
    reprise = repris[documents.patient] & (type_code == CRH) & (statut == QUALIFIEE) & (jours < calendrier.fin - 30)
    documents.reprise, documents.ins_qualifiee, documents.numerise = reprise, ins | reprise, numerise & ~reprise
    documents.niveau_cda = np.where(reprise, 0, np.where(cda, n3, -1))
    structure = tirer(rng, monter(avancement, (0.85, 0.97)), nombre)
    documents.entete_structuree = structure & ~(numerise & tirer(rng, 0.5, nombre))
    documents.consultable_services = tirer(rng, np.clip(site.taux("dpi", jours) - 0.01, 0, 1), nombre)
    documents.producteur = np.where(plateau, tirer(rng, sous_traite, nombre), -1)
    connue = imagerie & tirer(rng, 0.97, nombre)
    documents.modalite_imagerie = np.where(connue, choisir(rng, (40, 4, 22, 12, 18, 4), nombre), -1)
    documents.non_transmission = plateau & tirer(rng, 0.015, nombre)
    ecrit = np.isin(type_code, [LDL, CRC, TYPES["96349-6"]]) & tirer(rng, 0.7, nombre)
    documents.correspondant = np.where(ecrit, patients.correspondant[documents.patient], -1)
    site.documents = _versionner(rng, site, documents)


def table(site: Site) -> Table:
    """Return the flux dpi/documents."""
    documents, rng = site.documents, site.hasard("dpi/documents")
    iep = np.where(documents.rattache, site.venues.iep[documents.venue], -1)
    # Numbers typed by hand in another application: they match no venue.
    iep = np.where(documents.rattache & tirer(rng, 0.0015, len(documents)), iep + 5_000_000, iep)
    jours = documents.date_creation // JOUR
    return site.table("dpi/documents", documents, jours, iep=iep, type_code=Texte(documents.type_code, list(TYPES)))


def par_type(quoi: str) -> Tableau:
    """Return by what a rate is multiplied, per type of document."""
    facteurs = DONNEES["facteurs"][quoi]
    par_code = {code: facteur for facteur, codes in facteurs.items() if facteur != "autres" for code in codes.split()}
    return np.array([par_code.get(code, facteurs["autres"]) for code in TYPES])


def _productions(rng: Hasard, site: Site) -> tuple[Tableau, Tableau]:
    """Return the venue and the type of every document produced."""
    venues = site.venues
    lettre = site.taux("lettre", venues.jour_entree)
    # The record of earlier years was only partly loaded.
    ancienne = np.where(venues.jour_entree < site.calendrier.debut, 0.6, 1.0)
    imagerie = 1.0 if "imagerie_interne" in site.profil["activites"] else 0.3
    venues_de: list[Tableau] = []
    types_de: list[Tableau] = []
    for nom, recette in DONNEES["documents"].items():
        rangs = np.flatnonzero(site.venues_de(nom))
        if not len(rangs):
            continue
        for code, moyenne in (ingredient.split() for ingredient in recette.split(",")):
            attendu = float(moyenne) * ancienne[rangs]
            if TYPES[code] in (LDL, CRO, CRC):
                attendu *= lettre[rangs]
            if TYPES[code] == CR_IMAGERIE:
                attendu *= imagerie
            nombres = rng.poisson(attendu) if float(moyenne) > 1 else tirer(rng, attendu, len(rangs)).astype(np.int64)
            venues_de.append(np.repeat(rangs, nombres))
            types_de.append(np.full(nombres.sum(), TYPES[code]))
    return np.concatenate(venues_de), np.concatenate(types_de)


def _creations(rng: Hasard, site: Site, venue: Tableau, type_code: Tableau) -> Tableau:
    """Return the instant of creation of each document, `NUL` for one that a present patient cannot have yet."""
    nombre = len(venue)
    entree, sortie = site.venues.date_entree[venue], site.venues.date_sortie[venue]
    externe = site.venues_de("externe", "urgences")[venue]
    a_la_sortie = np.isin(type_code, A_LA_SORTIE)
    borne = np.where(sortie == NUL, np.where(externe, entree + 3600, site.calendrier.terme), sortie)
    pendant = entree + (rng.random(nombre) * np.maximum(borne - entree, 600)).astype(np.int64)
    retard = np.array([0, 1, 3, 8, 20])[choisir(rng, (55, 25, 10, 6, 4), nombre)]
    apres = borne - 1800 + rng.integers(0, 3600, nombre) + retard * JOUR
    # Results of technical departments: some come after the patient has left.
    resultat = pendant + np.where(tirer(rng, 0.2, nombre), rng.integers(0, 3 * JOUR, nombre), 0)
    creation = np.where(a_la_sortie, np.maximum(apres, entree + 60), resultat)
    return np.where(a_la_sortie & (sortie == NUL) & ~externe, NUL, creation)


def _versionner(rng: Hasard, site: Site, documents: Lignes) -> Lignes:
    """Add second and third versions, and put everything in order of creation."""
    morceaux = [documents]
    rangs = np.flatnonzero(tirer(rng, 0.07, len(documents)) & ~documents.reprise)
    for version in (2, 3):
        if not len(rangs):
            break
        suite, nombre = documents.prendre(rangs), len(rangs)
        suite.version[:] = version
        suite.date_creation = suite.date_creation + rng.integers(1, 10 * JOUR, nombre) * (version - 1)
        # A new version is often made because the first one lacked something.
        suite.niveau_cda = np.where(tirer(rng, 0.6, nombre), np.maximum(suite.niveau_cda, 0), suite.niveau_cda)
        suite.ins_qualifiee = suite.ins_qualifiee | tirer(rng, site.leviers["ins_document"][1] * 0.3, nombre)
        suite.numerise = suite.numerise & tirer(rng, 0.5, nombre)
        morceaux.append(suite)
        rangs = rangs[tirer(rng, 0.15, nombre)]
    tout = Lignes.bout_a_bout(*morceaux)
    return tout.prendre(tout.date_creation < site.calendrier.terme).trier("date_creation", "set_id", "version")
