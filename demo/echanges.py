"""What left the hospital: feeding of the DMP, MSSanté messages; and what came back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .calendrier import Calendrier
from .colonnes import JOUR, Table, booleen, code, ident, instant, zeros_devant
from .documents import (
    CR_ACP,
    CR_BIO,
    CR_IMAGERIE,
    CRC,
    CRH,
    CRO,
    LDL,
    ORDONNANCES,
    TYPE,
    TYPES,
    Documents,
)
from .hasard import choisir, generateur, monter, tirer
from .patients import Patients
from .profils import SERIES, SORTE, Etablissement
from .structures import Structures
from .venues import Venues

Tableau = np.ndarray

OPERATIONS = ("AJOUT", "REMPLACEMENT", "SUPPRESSION")
AJOUT, REMPLACEMENT, SUPPRESSION = range(3)
STATUTS = ("REUSSI", "ECHEC", "EN_COURS", "INCONNU")
REUSSI, ECHEC, EN_COURS, INCONNU = range(4)
CANAUX = ("PRO", "CITOYENNE")
TRANSACTIONS = ("TD0.9", "TD0.10", "TD3.1", "TD3.2", "TD3.3a", "TD3.3b", "TD3.3c", "TD3.3d")

_DELAIS = np.array([0, 1, 3, 6, 12, 40])
_POIDS_DELAIS = (70, 14, 7, 4, 3, 2)


@dataclass
class Transmissions:
    """Sendings to the DMP in order of date; every attribute is an array with one value per sending.

    Args:
        document: row number of the version sent, -1 when the trace bears an unknown document.
        envoi: instant, seconds.
        operation: index in `OPERATIONS`.
        statut: index in `STATUTS`.
        lot: number of the submission set, -1 when unknown.
        reprise: sending of a document of an earlier venue.
    """

    document: Tableau
    envoi: Tableau
    operation: Tableau
    statut: Tableau
    lot: Tableau
    reprise: Tableau

    def __len__(self) -> int:
        """Return the number of sendings."""
        return len(self.document)


@dataclass
class Messages:
    """MSSanté messages in order of date; every attribute is an array with one value per message.

    Args:
        document: row number of the version carried, -1 when none.
        patient: row number of the patient.
        venue: row number of the venue, -1 when the message does not say.
        canal: index in `CANAUX`.
        correspondant: row number of the recipient, -1 when not stated.
        adresse: number in the address of the recipient, -1 for a patient.
        xdm: IHE XDM envelope (-1 unknown).
        envoi: instant, seconds.
        statut: index in `STATUTS`.
    """

    document: Tableau
    patient: Tableau
    venue: Tableau
    canal: Tableau
    correspondant: Tableau
    adresse: Tableau
    xdm: Tableau
    envoi: Tableau
    statut: Tableau

    def __len__(self) -> int:
        """Return the number of messages."""
        return len(self.document)


def transmettre(
    etablissement: Etablissement,
    calendrier: Calendrier,
    graine: int,
    documents: Documents,
    patients: Patients,
    republications: float,
) -> Transmissions:
    """Return the sendings to the DMP: tries, retries, replacements, withdrawals, earlier documents."""
    rng = generateur(graine, etablissement.finess, "transmissions_dmp")
    leviers = etablissement.profil.leviers
    nombre = len(documents)
    jours = documents.creation // JOUR
    avancement = calendrier.avancement(jours)
    ouvert = patients.dmp_ouvert(documents.patient, jours)
    chance = monter(avancement, leviers["envoi"]) * _facteur_envoi(documents.type_code)
    chance = np.where(documents.ins, chance, chance * 0.12)
    chance = np.where(documents.niveau >= 0, chance, chance * np.where(documents.numerise, 0.5, 0.15))
    chance = np.where(ouvert, chance, chance * 0.6)
    chance = np.where(documents.non_transmission, chance * 0.03, chance)
    chance = np.where(jours < calendrier.debut - 90, 0.0, chance)
    envoyes = np.flatnonzero(tirer(rng, chance, nombre))

    succes_de = np.where(ouvert, monter(avancement, leviers["succes"]), 0.02)
    morceaux: list[tuple[Tableau, Tableau, Tableau, Tableau, Tableau]] = []
    vague = envoyes
    envoi = documents.creation[vague] + rng.integers(120, 7200, len(vague))
    envoi = envoi + _DELAIS[choisir(rng, _POIDS_DELAIS, len(vague))] * JOUR
    for essai in range(4):
        statut = _statuts(rng, succes_de[vague], len(vague))
        operation = np.where(documents.version[vague] == 1, AJOUT, REMPLACEMENT)
        morceaux.append((vague, envoi, operation, statut, np.zeros(len(vague), dtype=bool)))
        # Failures are sent again by the platform, without answers sometimes.
        reprise = ((statut == ECHEC) & tirer(rng, 0.7, len(vague))) | ((statut >= EN_COURS) & tirer(rng, 0.2, len(vague)))
        vague, envoi = vague[reprise], envoi[reprise] + rng.integers(1800, (essai + 1) * 3 * JOUR, int(reprise.sum()))

    document, envoi, operation, statut, historique = (np.concatenate(c) for c in zip(*morceaux, strict=True))
    alimentes = np.flatnonzero(statut == REUSSI)
    # A change of visibility publishes the same version again.
    republies = np.repeat(alimentes, rng.poisson(republications, len(alimentes)))
    retires = alimentes[tirer(rng, 0.011, len(alimentes))]
    retour = retires[tirer(rng, 0.25, len(retires))]
    suites = [
        (document[republies], envoi[republies] + rng.integers(3600, 30 * JOUR, len(republies)), REMPLACEMENT, False),
        (document[retires], envoi[retires] + rng.integers(31 * JOUR, 45 * JOUR, len(retires)), SUPPRESSION, False),
        (document[retour], envoi[retour] + rng.integers(46 * JOUR, 60 * JOUR, len(retour)), AJOUT, False),
    ]
    campagne = np.flatnonzero(documents.reprise)
    ouverture = calendrier.mois_observe(etablissement.profil.campagne_historique) * JOUR
    depart = np.maximum(ouverture, documents.creation[campagne] + 45 * JOUR)
    suites.append((campagne, depart + rng.integers(0, 90 * JOUR, len(campagne)), AJOUT, True))
    for lignes, quand, quoi, est_reprise in suites:
        document = np.concatenate([document, lignes])
        envoi = np.concatenate([envoi, quand])
        operation = np.concatenate([operation, np.full(len(lignes), quoi)])
        statut = np.concatenate([statut, _statuts(rng, np.full(len(lignes), 0.96), len(lignes))])
        historique = np.concatenate([historique, np.full(len(lignes), est_reprise)])

    gardees = np.flatnonzero(envoi < (calendrier.fin + 1) * JOUR)
    ordre = gardees[np.lexsort((operation[gardees], document[gardees], envoi[gardees]))]
    document, envoi = document[ordre], envoi[ordre]
    # Prescriptions of one venue leave in one submission set.
    ordonnance = np.isin(documents.type_code[document], list(ORDONNANCES))
    lot = np.where(ordonnance, documents.venue[document] * 2 + 1, documents.lot[document] * 2)
    lot = np.where(tirer(rng, 0.7, len(ordre)), lot, -1)
    document = np.where(tirer(rng, 0.002, len(ordre)), -1, document)
    return Transmissions(document, envoi, operation[ordre], statut[ordre], lot, historique[ordre])


def table_transmissions(transmissions: Transmissions, nb_documents: int) -> Table:
    """Return the flux dpi/transmissions_dmp; the answers come the next day, so the first files say EN_COURS."""
    nombre = len(transmissions)
    inconnus = nb_documents + 900_000 + np.arange(nombre)
    jours = transmissions.envoi // JOUR
    attendu = np.where(transmissions.statut <= ECHEC, (transmissions.envoi + JOUR // 2) // JOUR, jours)
    return Table(
        "dpi/transmissions_dmp",
        {
            "transmission_id": ident(np.arange(nombre) + 1, "X", 8),
            "document_id": ident(np.where(transmissions.document >= 0, transmissions.document + 1, inconnus), "D", 8),
            "lot_id": ident(transmissions.lot, "LOT", 8),
            "date_envoi": instant(transmissions.envoi),
            "operation": code(transmissions.operation, OPERATIONS),
            "statut": code(transmissions.statut, STATUTS),
            "reprise_historique": booleen(transmissions.reprise),
        },
        evenement=jours,
        maj=attendu,
        provisoire={"statut": code(np.full(nombre, EN_COURS), STATUTS)},
    )


def ecrire_aux_correspondants(
    etablissement: Etablissement,
    calendrier: Calendrier,
    graine: int,
    documents: Documents,
    venues: Venues,
    patients: Patients,
    structures: Structures,
    destinataires: float,
) -> Messages:
    """Return the MSSanté messages to correspondents (PRO) and to patients (CITOYENNE)."""
    rng = generateur(graine, etablissement.finess, "transmissions_mss")
    leviers = etablissement.profil.leviers
    avancement = calendrier.avancement(documents.creation // JOUR)
    chance = monter(avancement, leviers["mss_pro"]) * _facteur_mss(documents.type_code)
    # Only what is in CDA travels in an XDM envelope; some still send a PDF alone.
    chance = np.where(documents.niveau >= 0, chance, chance * 0.35)
    chance = np.where(avancement < -0.3, 0.0, chance)
    lignes = np.flatnonzero(tirer(rng, chance, len(documents)))
    medecin = patients.correspondant[documents.patient[lignes]]
    # The practitioner who sent the patient, or a colleague, is written to as well.
    second = np.repeat(lignes, rng.poisson(destinataires, len(lignes)))
    document = np.concatenate([lignes, second])
    correspondant = np.concatenate([medecin, rng.integers(0, structures.nb_correspondants, len(second))])
    equipe = structures.correspondant_equipe[correspondant]
    gardees = equipe | tirer(rng, 0.01, len(document))
    document, correspondant = document[gardees], correspondant[gardees]
    equipe = equipe[gardees]
    nombre = len(document)
    envoi = documents.creation[document] + rng.integers(60, 5400, nombre)
    envoi = envoi + _DELAIS[choisir(rng, _POIDS_DELAIS, nombre)] * JOUR
    succes = np.where(equipe, monter(calendrier.avancement(envoi // JOUR), leviers["succes"]), 0.0)
    statut = _statuts(rng, succes, nombre)
    sans_document = tirer(rng, 0.03, nombre)
    pro = Messages(
        document=np.where(sans_document, -1, document),
        patient=documents.patient[document],
        venue=np.where(tirer(rng, 0.93, nombre), documents.venue[document], -1),
        canal=np.zeros(nombre, dtype=np.int8),
        correspondant=np.where(tirer(rng, 0.75, nombre), correspondant, -1),
        adresse=structures.correspondant_adresse[correspondant],
        xdm=np.where(documents.niveau[document] >= 0, choisir(rng, (2, 94, 4), nombre), 0).astype(np.int8),
        envoi=envoi,
        statut=statut,
    )
    pro.xdm = np.where(pro.xdm == 2, -1, pro.xdm).astype(np.int8)
    citoyenne = _ecrire_aux_patients(rng, etablissement, calendrier, documents, venues, patients)
    tout = [np.concatenate([getattr(pro, c), getattr(citoyenne, c)]) for c in Messages.__dataclass_fields__]
    messages = Messages(*tout)
    ordre = np.flatnonzero(messages.envoi < (calendrier.fin + 1) * JOUR)
    ordre = ordre[np.lexsort((messages.document[ordre], messages.canal[ordre], messages.envoi[ordre]))]
    return Messages(*[getattr(messages, c)[ordre] for c in Messages.__dataclass_fields__])


def table_messages(messages: Messages, venues: Venues, patients: Patients, rng: np.random.Generator) -> Table:
    """Return the flux dpi/transmissions_mss."""
    nombre = len(messages)
    pro = messages.canal == 0
    numeros = zeros_devant(np.arange(int(messages.adresse.max(initial=0)) + 1).astype("U6"), 6)
    adresses_pro = np.char.add(np.char.add("dr.", numeros), "@medecin.mssante.fr")
    # The address of a patient is built on the INS; without one, on nothing that exists.
    matricules = np.where(patients.matricule == b"", b"inconnu", patients.matricule).astype("U16")
    adresses_patient = np.char.add(matricules, "@patient.mssante.fr")
    lignes_adresse = np.where(pro, messages.adresse, len(adresses_pro) + messages.patient)
    jours = messages.envoi // JOUR
    return Table(
        "dpi/transmissions_mss",
        {
            "message_id": ident(np.arange(nombre) + 1, "M", 8),
            "document_id": ident(np.where(messages.document >= 0, messages.document + 1, -1), "D", 8),
            "ipp": ident(patients.ipp[messages.patient], "", 8),
            "iep": ident(np.where(messages.venue >= 0, venues.iep[messages.venue], -1), "", 9),
            "canal": code(messages.canal, CANAUX),
            "adresse_destinataire": code(
                np.where(pro | tirer(rng, 0.9, nombre), lignes_adresse, -1),
                np.concatenate([adresses_pro, adresses_patient]),
            ),
            "correspondant_id": ident(np.where(messages.correspondant >= 0, messages.correspondant + 1, -1), "100", 8),
            "enveloppe_xdm": booleen(messages.xdm),
            "date_envoi": instant(messages.envoi),
            "statut": code(messages.statut, STATUTS),
        },
        evenement=jours,
        maj=np.where(messages.statut <= ECHEC, (messages.envoi + JOUR // 4) // JOUR, jours),
        provisoire={"statut": code(np.full(nombre, EN_COURS), STATUTS)},
    )


def consulter_dmp(
    etablissement: Etablissement,
    calendrier: Calendrier,
    graine: int,
    venues: Venues,
    patients: Patients,
    structures: Structures,
) -> Table:
    """Return the flux dpi/consultations_dmp: lists (TD0.x, TD3.1) and downloads (TD3.2) by the users."""
    rng = generateur(graine, etablissement.finess, "consultations_dmp")
    jours = venues.jour_entree
    avancement = calendrier.avancement(jours)
    chance = monter(avancement, (0.04, 0.3)) * etablissement.profil.leviers["envoi"][1]
    chance = np.where((jours < calendrier.debut) | ~patients.dmp_ouvert(venues.patient, jours), 0, chance)
    chance = np.where(np.isin(venues.sorte, [SORTE[s] for s in SERIES]), chance * 0.1, chance)
    lues = np.flatnonzero(tirer(rng, chance, len(venues)))
    venue = np.repeat(lues, 1 + rng.poisson(1.2, len(lues)))
    nombre = len(venue)
    transaction = choisir(rng, (16, 6, 36, 42), nombre)
    telecharge = transaction == 3
    quand = venues.entree[venue] + rng.integers(600, 2 * JOUR, nombre)
    ordre = np.lexsort((venue, quand))
    ordre = ordre[quand[ordre] < (calendrier.fin + 1) * JOUR]
    venue, transaction, telecharge, quand = (v[ordre] for v in (venue, transaction, telecharge, quand))
    nombre = len(venue)
    # A tenth of the users do most of the work.
    utilisateur = np.floor(structures.nb_utilisateurs * rng.random(nombre) ** 2).astype(np.int64) + 1
    types = np.array([LDL, CRH, CRC, CR_BIO, CR_IMAGERIE, TYPE["57833-6"], TYPE["60591-5"]])
    integre = tirer(rng, 0.35, nombre)
    # Some of the lists opened end in a document hidden, shown again or archived.
    attributs = generateur(graine, etablissement.finess, "attributs_dmp")
    gerees = (transaction == 2) & tirer(attributs, 0.08, nombre)
    transaction = np.where(gerees, 4 + choisir(attributs, (5, 2, 2, 1), nombre), transaction)
    return Table(
        "dpi/consultations_dmp",
        {
            "transaction_id": ident(np.arange(nombre) + 1, "T", 8),
            "transaction": code(transaction, TRANSACTIONS),
            "utilisateur_id": ident(utilisateur, "U", 5),
            "ipp": ident(patients.ipp[venues.patient[venue]], "", 8),
            "iep": ident(np.where(tirer(rng, 0.92, nombre), venues.iep[venue], -1), "", 9),
            "type_code": code(np.where(telecharge, types[rng.integers(0, len(types), nombre)], -1), TYPES),
            "date_transaction": instant(quand),
            "statut": code(tirer(rng, 0.05, nombre).astype(np.int8), ("REUSSI", "ECHEC")),
            "integre_dpi": booleen(np.where(telecharge, integre, -1)),
        },
        evenement=quand // JOUR,
    )


def recevoir(etablissement: Etablissement, calendrier: Calendrier, graine: int, nb_venues: int) -> Table:
    """Return the flux dpi/documents_recus_mss."""
    rng = generateur(graine, etablissement.finess, "documents_recus_mss")
    nombre = max(20, round(nb_venues * 0.12))
    jours = np.sort(rng.integers(calendrier.debut, calendrier.fin + 1, nombre))
    format_cda = tirer(rng, monter(calendrier.avancement(jours), (0.2, 0.55)), nombre)
    return Table(
        "dpi/documents_recus_mss",
        {
            "reception_id": ident(np.arange(nombre) + 1, "Q", 7),
            "date_reception": instant(jours * JOUR + rng.integers(0, JOUR, nombre)),
            "format_cda": booleen(format_cda),
            "integration": code(
                np.where(format_cda, choisir(rng, (15, 70, 15), nombre), choisir(rng, (55, 5, 40), nombre)),
                ("MANUELLE", "AUTOMATIQUE", "AUCUNE"),
            ),
            "statut": code(tirer(rng, 0.04, nombre).astype(np.int8), ("REUSSI", "ECHEC")),
        },
        evenement=jours,
    )


def _statuts(rng: np.random.Generator, succes: Tableau, nombre: int) -> Tableau:
    """Draw answers: success, else failure mostly, else no answer."""
    autres = np.array([ECHEC, EN_COURS, INCONNU])[choisir(rng, (78, 8, 14), nombre)]
    return np.where(tirer(rng, succes, nombre), REUSSI, autres).astype(np.int8)


def _facteur_envoi(type_code: Tableau) -> Tableau:
    facteur = np.full(len(TYPES), 0.55)
    facteur[[LDL, CR_BIO]] = 1.0
    facteur[CRO] = 1.0
    facteur[[CR_IMAGERIE, *ORDONNANCES]] = 0.97
    facteur[[CRC, CRH, CR_ACP]] = 0.93
    facteur[TYPE["PRESC-AAT"]] = 0.1
    return facteur[type_code]


def _facteur_mss(type_code: Tableau) -> Tableau:
    facteur = np.full(len(TYPES), 0.45)
    facteur[[LDL, CRC]] = 1.15
    facteur[[CRO, CRH, TYPE["96349-6"], TYPE["68599-0"], TYPE["15507-7"]]] = 0.95
    facteur[[CR_BIO, CR_IMAGERIE]] = 0.85
    return facteur[type_code]


def _ecrire_aux_patients(
    rng: np.random.Generator,
    etablissement: Etablissement,
    calendrier: Calendrier,
    documents: Documents,
    venues: Venues,
    patients: Patients,
) -> Messages:
    """Return messages to patients, after a venue, with one of its documents or without any."""
    fin = np.where(venues.sortie < 0, venues.entree, venues.sortie)
    avancement = calendrier.avancement(fin // JOUR)
    chance = monter(avancement, etablissement.profil.leviers["mss_citoyenne"])
    chance = np.where(avancement < 0, 0.0, chance)
    chance = np.where(np.isin(venues.sorte, [SORTE[s] for s in SERIES]), chance * 0.3, chance)
    chance = np.where(patients.dmp_depuis[venues.patient] < fin // JOUR, chance, chance * 0.1)
    venue = np.flatnonzero(tirer(rng, chance, len(venues)))
    venue = np.repeat(venue, 1 + tirer(rng, 0.25, len(venue)))
    nombre = len(venue)
    ordre = np.argsort(documents.venue, kind="stable")
    premiers = np.searchsorted(documents.venue[ordre], np.arange(len(venues) + 1))
    combien = premiers[venue + 1] - premiers[venue]
    choisi = premiers[venue] + (rng.random(nombre) * combien).astype(np.int64)
    document = np.where(combien > 0, ordre[np.minimum(choisi, max(len(ordre) - 1, 0))], -1)
    document = np.where(tirer(rng, 0.65, nombre), document, -1)
    creation = np.where(document >= 0, documents.creation[document], 0)
    envoi = np.maximum(fin[venue], creation) + rng.integers(600, 2 * JOUR, nombre)
    return Messages(
        document=document,
        patient=venues.patient[venue],
        venue=np.where(tirer(rng, 0.95, nombre), venue, -1),
        canal=np.ones(nombre, dtype=np.int8),
        correspondant=np.full(nombre, -1),
        adresse=np.full(nombre, -1),
        xdm=np.full(nombre, -1, dtype=np.int8),
        envoi=envoi,
        statut=_statuts(rng, np.full(nombre, 0.95), nombre),
    )
