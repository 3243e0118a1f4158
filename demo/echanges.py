"""What left the hospital: feeding of the DMP, MSSanté messages; and what came back."""

import numpy as np

from .calendrier import JOUR
from .documents import CR_BIO, CR_IMAGERIE, CRC, CRH, LDL, ORDONNANCES, TYPES, par_type
from .hasard import Hasard, choisir, monter, tirer
from .lignes import Lignes, Table, Tableau, Texte
from .patients import dmp_ouvert
from .site import Site

# Indices among the values of operation and statut.
AJOUT, REMPLACEMENT, SUPPRESSION = range(3)
REUSSI, ECHEC, EN_COURS, INCONNU = range(4)
TELECHARGEMENT = 3
"""Index of TD3.2 among the values of transaction; TD3.1 is before, the management of attributes after."""


def transmettre(site: Site) -> None:
    """Make `site.envois`, the sendings to the DMP in order of date: tries, retries, replacements, withdrawals, earlier documents.

    Per sending, beside its columns: document (row number of the version, -1 when the trace bears an unknown one).
    """
    rng, documents, calendrier = site.hasard("transmissions_dmp"), site.documents, site.calendrier
    jours = documents.date_creation // JOUR
    ouvert = dmp_ouvert(site, documents.patient, jours)
    chance = site.taux("envoi", jours) * par_type("envoi")[documents.type_code]
    chance = np.where(documents.ins_qualifiee, chance, chance * 0.12)
    chance = np.where(documents.niveau_cda >= 0, chance, chance * np.where(documents.numerise, 0.5, 0.15))
    chance = np.where(ouvert, chance, chance * 0.6)
    chance = np.where(documents.non_transmission, chance * 0.03, chance)
    chance = np.where(jours < calendrier.debut - 90, 0.0, chance)
    succes_de = np.where(ouvert, site.taux("succes", jours), 0.02)

    def essai(document: Tableau, envoi: Tableau, operation: Tableau, succes: Tableau | float, reprise: bool = False) -> Lignes:
        nombre = len(document)
        essais = Lignes(document=document, date_envoi=envoi, operation=np.broadcast_to(operation, nombre))
        essais.statut, essais.reprise_historique = _statuts(rng, succes, nombre), np.full(nombre, reprise)
        return essais

    vague = np.flatnonzero(tirer(rng, chance, len(documents)))
    envoi = documents.date_creation[vague] + rng.integers(120, 7200, len(vague)) + _attente(rng, len(vague))
    vagues: list[Lignes] = []
    for rang in range(4):
        operation = np.where(documents.version[vague] == 1, AJOUT, REMPLACEMENT)
        vagues.append(essai(vague, envoi, operation, succes_de[vague]))
        # Failures are sent again by the platform, without answers sometimes.
        echecs, statut = tirer(rng, 0.7, len(vague)), vagues[-1].statut
        repris = ((statut == ECHEC) & echecs) | ((statut >= EN_COURS) & tirer(rng, 0.2, len(vague)))
        vague, envoi = vague[repris], envoi[repris] + rng.integers(1800, (rang + 1) * 3 * JOUR, int(repris.sum()))

    premiers = Lignes.bout_a_bout(*vagues)
    alimentes = np.flatnonzero(premiers.statut == REUSSI)
    # A change of visibility publishes the same version again.
    republies = np.repeat(alimentes, rng.poisson(site.taille.republications, len(alimentes)))
    retires = alimentes[tirer(rng, 0.011, len(alimentes))]
    retour = retires[tirer(rng, 0.25, len(retires))]
    suites = []
    for rangs, delais, operation in (
        (republies, (3600, 30 * JOUR), REMPLACEMENT),
        (retires, (31 * JOUR, 45 * JOUR), SUPPRESSION),
        (retour, (46 * JOUR, 60 * JOUR), AJOUT),
    ):
        quand = premiers.date_envoi[rangs] + rng.integers(*delais, len(rangs))
        suites.append((premiers.document[rangs], quand, operation, False))
    campagne = np.flatnonzero(documents.reprise)
    ouverture = calendrier.mois_observe(site.profil["campagne"]) * JOUR
    depart = np.maximum(ouverture, documents.date_creation[campagne] + 45 * JOUR)
    suites.append((campagne, depart + rng.integers(0, 90 * JOUR, len(campagne)), AJOUT, True))
    envois = Lignes.bout_a_bout(premiers, *(essai(*suite[:3], 0.96, suite[3]) for suite in suites))
    envois = envois.prendre(envois.date_envoi < calendrier.terme).trier("date_envoi", "document", "operation")
    # Prescriptions of one venue leave in one submission set.
    document = envois.document
    ordonnance = np.isin(documents.type_code[document], ORDONNANCES)
    lot = np.where(ordonnance, documents.venue[document] * 2 + 1, documents.set_id[document] * 2)
    envois.lot_id = np.where(tirer(rng, 0.7, len(envois)), lot, -1)
    envois.document = np.where(tirer(rng, 0.002, len(envois)), -1, document)
    site.envois = envois


def table_transmissions(site: Site) -> Table:
    """Return the flux dpi/transmissions_dmp; the answers come the next day, so the first files say EN_COURS."""
    envois, nombre = site.envois, len(site.envois)
    inconnus = len(site.documents) + 900_000 + np.arange(nombre)
    document_id = np.where(envois.document >= 0, envois.document + 1, inconnus)
    jours = envois.date_envoi // JOUR
    repondu = np.where(envois.statut <= ECHEC, (envois.date_envoi + JOUR // 2) // JOUR, jours)
    return site.table("dpi/transmissions_dmp", envois, jours, repondu, document_id=document_id, avant_statut=EN_COURS)


def ecrire_aux_correspondants(site: Site) -> None:
    """Make `site.messages`: the MSSanté messages to correspondents and to patients, in order of date.

    Per message, beside its columns: document, patient, venue, correspondant (row numbers, -1 when not said), adresse (number in
    that of the recipient, -1 for a patient).
    """
    rng, documents, patients = site.hasard("transmissions_mss"), site.documents, site.patients
    jours = documents.date_creation // JOUR
    chance = site.taux("mss_pro", jours) * par_type("mss")[documents.type_code]
    # Only what is in CDA travels in an XDM envelope; some still send a PDF alone.
    chance = np.where(documents.niveau_cda >= 0, chance, chance * 0.35)
    chance = np.where(site.calendrier.avancement(jours) < -0.3, 0.0, chance)
    rangs = np.flatnonzero(tirer(rng, chance, len(documents)))
    medecin = patients.correspondant[documents.patient[rangs]]
    # The practitioner who sent the patient, or a colleague, is written to as well.
    second = np.repeat(rangs, rng.poisson(site.taille.destinataires, len(rangs)))
    document = np.concatenate([rangs, second])
    correspondant = np.concatenate([medecin, rng.integers(0, len(site.correspondants), len(second))])
    gardees = site.correspondants.equipe[correspondant] | tirer(rng, 0.01, len(document))
    document, correspondant = document[gardees], correspondant[gardees]
    nombre = len(document)
    envoi = documents.date_creation[document] + rng.integers(60, 5400, nombre) + _attente(rng, nombre)
    succes = np.where(site.correspondants.equipe[correspondant], site.taux("succes", envoi // JOUR), 0.0)
    statut = _statuts(rng, succes, nombre)
    sans_document = tirer(rng, 0.03, nombre)
    venue = np.where(tirer(rng, 0.93, nombre), documents.venue[document], -1)
    nomme = tirer(rng, 0.75, nombre)
    enveloppe = choisir(rng, (2, 94, 4), nombre)
    pro = Lignes(patient=documents.patient[document], venue=venue, date_envoi=envoi, statut=statut)
    pro.canal, pro.adresse = np.zeros(nombre, dtype=np.int8), site.correspondants.adresse[correspondant]
    pro.document, pro.correspondant = np.where(sans_document, -1, document), np.where(nomme, correspondant, -1)
    pro.enveloppe_xdm = np.where(documents.niveau_cda[document] >= 0, np.array([0, 1, -1])[enveloppe], 0)
    messages = Lignes.bout_a_bout(pro, _ecrire_aux_patients(site, rng))
    site.messages = messages.prendre(messages.date_envoi < site.calendrier.terme).trier("date_envoi", "canal", "document")


def destinataires(site: Site, messages: Lignes) -> Texte:
    """Return the MSSanté addresses written to; that of a patient is built on the INS, or on nothing that exists without one."""
    pros = [f"dr.{numero:06d}@medecin.mssante.fr" for numero in range(int(site.correspondants.adresse.max()) + 1)]
    matricules = (matricule.decode() or "inconnu" for matricule in site.patients.matricule.tolist())
    rangs = np.where(messages.canal == 0, messages.adresse, len(pros) + messages.patient)
    return Texte(rangs, pros + [f"{matricule}@patient.mssante.fr" for matricule in matricules])


def table_messages(site: Site) -> Table:
    """Return the flux dpi/transmissions_mss."""
    messages, adresses = site.messages, destinataires(site, site.messages)
    connue = (messages.canal == 0) | tirer(site.hasard("dpi/transmissions_mss"), 0.9, len(messages))
    jours = messages.date_envoi // JOUR
    repondu = np.where(messages.statut <= ECHEC, (messages.date_envoi + JOUR // 4) // JOUR, jours)
    suite = {"adresse_destinataire": Texte(np.where(connue, adresses.rangs, -1), adresses.etiquettes), "avant_statut": EN_COURS}
    return site.table("dpi/transmissions_mss", messages, jours, repondu, **suite)


def consulter_dmp(site: Site) -> Table:
    """Return the flux dpi/consultations_dmp: lists (TD0.x, TD3.1) and downloads (TD3.2) by the users."""
    rng, venues, calendrier = site.hasard("consultations_dmp"), site.venues, site.calendrier
    jours = venues.jour_entree
    chance = monter(calendrier.avancement(jours), (0.04, 0.3)) * site.leviers["envoi"][1]
    chance = np.where((jours < calendrier.debut) | ~dmp_ouvert(site, venues.patient, jours), 0, chance)
    chance = np.where(venues.serie, chance * 0.1, chance)
    lues = np.flatnonzero(tirer(rng, chance, len(venues)))
    venue = np.repeat(lues, 1 + rng.poisson(1.2, len(lues)))
    lectures = Lignes(venue=venue, transaction=choisir(rng, (16, 6, 36, 42), len(venue)))
    lectures.quand = venues.date_entree[venue] + rng.integers(600, 2 * JOUR, len(venue))
    lectures = lectures.prendre(lectures.quand < calendrier.terme).trier("quand", "venue")
    venue, transaction, nombre = lectures.venue, lectures.transaction, len(lectures)
    telecharge = transaction == TELECHARGEMENT
    # A tenth of the users do most of the work.
    utilisateur = np.floor(site.nb_utilisateurs * rng.random(nombre) ** 2).astype(np.int64) + 1
    types = np.array([LDL, CRH, CRC, CR_BIO, CR_IMAGERIE, TYPES["57833-6"], TYPES["60591-5"]])
    integre = tirer(rng, 0.35, nombre)
    iep = np.where(tirer(rng, 0.92, nombre), venues.iep[venue], -1)
    type_code = np.where(telecharge, types[rng.integers(0, len(types), nombre)], -1)
    # Some of the lists opened end in a document hidden, shown again or archived.
    attributs = site.hasard("attributs_dmp")
    gerees = (transaction == TELECHARGEMENT - 1) & tirer(attributs, 0.08, nombre)
    gestes = TELECHARGEMENT + 1 + choisir(attributs, (5, 2, 2, 1), nombre)
    lectures = Lignes(patient=venues.patient[venue], iep=iep, date_transaction=lectures.quand, utilisateur_id=utilisateur)
    lectures.transaction, lectures.type_code = np.where(gerees, gestes, transaction), Texte(type_code, list(TYPES))
    lectures.statut, lectures.integre_dpi = tirer(rng, 0.05, nombre), np.where(telecharge, integre, -1)
    return site.table("dpi/consultations_dmp", lectures, lectures.date_transaction // JOUR)


def recevoir(site: Site) -> Table:
    """Return the flux dpi/documents_recus_mss."""
    rng, calendrier = site.hasard("documents_recus_mss"), site.calendrier
    nombre = max(20, round(len(site.venues) * 0.12))
    jours = np.sort(rng.integers(calendrier.debut, calendrier.fin + 1, nombre))
    format_cda = tirer(rng, monter(calendrier.avancement(jours), (0.2, 0.55)), nombre)
    recus = Lignes(date_reception=jours * JOUR + rng.integers(0, JOUR, nombre), format_cda=format_cda)
    recus.integration = np.where(format_cda, choisir(rng, (15, 70, 15), nombre), choisir(rng, (55, 5, 40), nombre))
    recus.statut = tirer(rng, 0.04, nombre)
    return site.table("dpi/documents_recus_mss", recus, jours)


def _attente(rng: Hasard, nombre: int) -> Tableau:
    """Draw the days, in seconds, that a document waits before it is sent."""
    return np.array([0, 1, 3, 6, 12, 40])[choisir(rng, (70, 14, 7, 4, 3, 2), nombre)] * JOUR


def _statuts(rng: Hasard, succes: Tableau | float, nombre: int) -> Tableau:
    """Draw answers: success, else failure mostly, else no answer."""
    autres = np.array([ECHEC, EN_COURS, INCONNU])[choisir(rng, (78, 8, 14), nombre)]
    return np.where(tirer(rng, succes, nombre), REUSSI, autres)


def _ecrire_aux_patients(site: Site, rng: Hasard) -> Lignes:
    """Return messages to patients, after a venue, with one of its documents or without any."""
    venues, documents = site.venues, site.documents
    fin = np.where(venues.date_sortie < 0, venues.date_entree, venues.date_sortie)
    jours = fin // JOUR
    chance = np.where(jours < site.calendrier.debut, 0.0, site.taux("mss_citoyenne", jours))
    chance = np.where(venues.serie, chance * 0.3, chance)
    chance = np.where(site.patients.dmp_depuis[venues.patient] < jours, chance, chance * 0.1)
    venue = np.flatnonzero(tirer(rng, chance, len(venues)))
    venue = np.repeat(venue, 1 + tirer(rng, 0.25, len(venue)))
    nombre = len(venue)
    ordre = np.argsort(documents.venue, kind="stable")
    premiers = np.searchsorted(documents.venue[ordre], np.arange(len(venues) + 1))
    combien = premiers[venue + 1] - premiers[venue]
    choisi = premiers[venue] + (rng.random(nombre) * combien).astype(np.int64)
    document = np.where(combien > 0, ordre[np.minimum(choisi, max(len(ordre) - 1, 0))], -1)
    document = np.where(tirer(rng, 0.65, nombre), document, -1)
    creation = np.where(document >= 0, documents.date_creation[document], 0)
    envoi = np.maximum(fin[venue], creation) + rng.integers(600, 2 * JOUR, nombre)
    venue_dite = np.where(tirer(rng, 0.95, nombre), venue, -1)
    messages = Lignes(document=document, patient=venues.patient[venue], venue=venue_dite, date_envoi=envoi)
    messages.canal, messages.statut = np.ones(nombre, dtype=np.int8), _statuts(rng, 0.95, nombre)
    messages.correspondant = messages.adresse = messages.enveloppe_xdm = np.full(nombre, -1)
    return messages
