"""What comes from outside the care: national operators' files, declarations, dashboards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .calendrier import Calendrier, date_de, mois_de, numero, premier_du_mois
from .colonnes import JOUR, NUL, Table, booleen, code, decimal, entier, ident, jour, texte
from .documents import TYPES, Documents
from .echanges import REUSSI, SUPPRESSION, Messages, Transmissions
from .hasard import generateur, tirer
from .profils import Etablissement
from .structures import CHAMPS, Structures
from .venues import Venues

Tableau = np.ndarray

# Declared by code: evidence quoted, and rank (0: declared by all profiles, 1: not by the psychiatric one, 2: CHU only).
DECLARATIONS: tuple[tuple[str, str, int], ...] = (
    ("D4.1", "Vue consolidée du planning patient ; capture du DPI du 12/04", 1),
    ("D5.1", "Procès-verbal du comité de pilotage médico-économique", 1),
    ("D5.3", "Comptes rendus des dialogues de gestion", 2),
    ("D6.2", "Procédure de mise à jour de l'annuaire des correspondants", 0),
    ("D7.2", "Portail patient, module de préadmission", 2),
    ("D7.3", "Contrat du service de paiement en ligne", 1),
    ("DS4.3", "PV de CME ; présentation des cas d'usage MSSanté", 1),
    ("HOPEN2.P1", "Décision de nomination du référent en identitovigilance", 0),
    ("HOPEN2.P2", "Charte d'identitovigilance signée par la direction", 0),
    ("HOPEN2.P3", "Procédure de création des identités et de qualification de l'INS", 1),
    ("HOPEN2.P4", "Questionnaire d'appropriation de l'identitovigilance", 1),
    ("SUNES.PS1.1", "Compte rendu de la cellule d'identitovigilance", 0),
    ("SUNES.PS1.2", "Attestation d'appropriation du RNIV 1 et du RNIV 2", 1),
    ("SUNES.PS2.1", "Politique de sécurité, analyse de risques et plan d'action SSI", 1),
    ("SUNES.PS2.2", "Rapport de l'audit externe de cybersurveillance", 2),
    ("SUNES.PS3.1", "Attestation d'homologation DMP de la PFI", 0),
    ("SUNES.PS3.2", "Contrat d'opérateur MSSanté", 0),
    ("SUNES.PS4.1", "Messages de test de la MSSanté citoyenne", 1),
)

DEPOSEES = ("D5.1", "D6.2", "DS4.3")
"""Declarative indicators whose deposit is told."""

# (domaine, éditeur, solution, day of the start of service from the first month, day of the stop, in the group's target)
Application = tuple[str, str, str, int, int, int]

APPLICATIONS: dict[str, tuple[Application, ...]] = {
    "chu": (
        ("D1.1", "Iris Imagerie", "Iris RIS", -900, NUL, 1),
        ("D1.3", "Labo Réseau", "Labo 9", -2400, 210, 0),
        ("D1.3", "Labo Réseau", "Labo 10", 200, NUL, 1),
        ("D2.3", "Orme Santé", "Orme DPI", -1500, NUL, 1),
        ("D3.1", "Orme Santé", "Orme Prescription", -1200, NUL, 1),
        ("D4.2", "Planif ; blocs", "Planif Bloc", -700, NUL, -1),
        ("D7.1", "Rendez-vous 24", "RDV Patient", 30, NUL, 0),
    ),
    "ch": (
        ("D2.3", "Orme Santé", "Orme DPI", -400, NUL, 1),
        ("D3.1", "Pharma Soins", "Chimio", -2000, 120, 0),
        ("D3.1", "Orme Santé", "Orme Prescription", 90, NUL, 1),
        ("D4.3", "Orme Santé", "Orme Agenda", -300, NUL, 1),
    ),
    "epsm": (("D2.3", "Psy Dossier", "PsyDoc", -1800, NUL, 0),),
}

# Per channel: types whose sending the CME approved, whether it is automatic (-1: not said).
TYPES_CME: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = (
    ("DMP", (("11490-0", 1), ("34874-8", 1), ("11502-2", 1), ("18748-4", 0), ("57833-6", -1))),
    ("MSS_PRO", (("11490-0", 1), ("11488-4", 0))),
    ("MSS_CITOYENNE", (("11490-0", 0), ("57833-6", 1))),
)

TYPES_REMONTES: tuple[str, ...] = ("11490-0", "34874-8", "11488-4", "11502-2", "18748-4", "57833-6")


def nationaux(
    etablissement: Etablissement,
    calendrier: Calendrier,
    graine: int,
    venues: Venues,
    documents: Documents,
    transmissions: Transmissions,
    messages: Messages,
) -> list[Table]:
    """Return the three national flux: what the operators saw, close to the establishment's traces but not equal.

    The last month has not come back yet for the CNAM and the ANS.
    """
    rng = generateur(graine, etablissement.finess, "national")
    mois = np.array([calendrier.mois_observe(rang) for rang in range(14)])

    def observe(comptes: Tableau) -> Tableau:
        return np.maximum(0, np.round(comptes * rng.normal(0.975, 0.02, len(comptes)))).astype(np.int64)

    vus = np.flatnonzero(
        (transmissions.statut == REUSSI) & (transmissions.operation != SUPPRESSION) & (transmissions.document >= 0)
    )
    document = transmissions.document[vus]
    mois_vus = mois_de(transmissions.envoi[vus] // JOUR)
    genre = documents.type_code[document].astype(np.int64)
    # Each version once per month.
    _, premiers = np.unique(document * 100_000 + mois_vus, return_index=True)
    lignes: list[tuple[Tableau, int, Tableau, Tableau]] = []
    for rang, type_code in enumerate((*TYPES_REMONTES, "TOUS")):
        garde = premiers if type_code == "TOUS" else premiers[genre[premiers] == TYPES.index(type_code)]
        nb = _par_mois(mois_vus[garde], mois)
        couples = np.unique(documents.patient[document[garde]] * 100_000 + mois_vus[garde])
        nb_patients = _par_mois(couples % 100_000, mois)
        documents_vus = observe(nb)
        lignes.append((mois[:-1], rang, documents_vus[:-1], np.minimum(observe(nb_patients), documents_vus)[:-1]))
    cnam_mois = np.concatenate([ligne[0] for ligne in lignes])
    cnam_type = np.concatenate([np.full(len(ligne[0]), ligne[1]) for ligne in lignes])
    ordre = np.lexsort((cnam_type, cnam_mois))
    alimentes = np.concatenate([ligne[3] for ligne in lignes])[ordre]
    cnam = Table(
        "national/cnam_alimentation_dmp",
        {
            "mois": jour(cnam_mois[ordre]),
            "type_code": code(cnam_type[ordre], (*TYPES_REMONTES, "TOUS")),
            "nb_documents": entier(np.concatenate([ligne[2] for ligne in lignes])[ordre]),
            "nb_dmp_alimentes": entier(np.where(tirer(rng, 0.05, len(ordre)), NUL, alimentes)),
        },
        evenement=_publication(cnam_mois[ordre], calendrier),
        cumulatif=True,
    )
    _corriger(cnam, "nb_documents", rng)

    nouveaux = _par_mois(mois_de(venues.jour_entree), mois)
    appels = Table(
        "national/cnam_appels_insi",
        {"mois": jour(mois), "nb_appels": entier(observe(nouveaux * np.linspace(0.5, 1.05, 14)))},
        evenement=_publication(mois, calendrier),
        cumulatif=True,
    )
    _corriger(appels, "nb_appels", rng)

    envoyes = messages.statut == REUSSI
    mois_message = mois_de(messages.envoi // JOUR)
    pro = envoyes & (messages.canal == 0) & (messages.document >= 0)
    correspondants = np.unique(messages.adresse[pro] * 100_000 + mois_message[pro])
    citoyenne = envoyes & (messages.canal == 1)
    destinataires = np.unique(messages.patient[citoyenne] * 100_000 + mois_message[citoyenne])
    nb_patients = observe(_par_mois(destinataires % 100_000, mois))[:-1]
    ans = Table(
        "national/ans_mssante",
        {
            "mois": jour(mois[:-1]),
            "nb_messages_pro_avec_document": entier(observe(_par_mois(mois_message[pro], mois))[:-1]),
            "nb_correspondants_pro": entier(observe(_par_mois(correspondants % 100_000, mois))[:-1]),
            "nb_patients_citoyenne": entier(np.where(tirer(rng, 0.1, 13), NUL, nb_patients)),
            "taux_equipement": decimal(np.round(np.linspace(78.0, 87.5, 13) + rng.normal(0, 0.4, 13), 1)),
        },
        evenement=_publication(mois[:-1], calendrier),
        cumulatif=True,
    )
    _corriger(ans, "nb_messages_pro_avec_document", rng)
    return [cnam, appels, ans]


def declaratifs(etablissement: Etablissement, calendrier: Calendrier, graine: int, structures: Structures) -> list[Table]:
    """Return the declarative flux: declarations and prerequisites, pathways, dashboards, applications, approvals, forms."""
    rng = generateur(graine, etablissement.finess, "declaratif")
    rang = {"chu": 2, "ch": 1, "epsm": 0}[etablissement.profil.cle]
    codes: list[str] = []
    jours: list[int] = []
    valeurs: list[int] = []
    pieces: list[str | None] = []
    oui, non, na = range(3)
    for nom, piece, exigence in DECLARATIONS:
        debut = calendrier.debut - 200 + int(rng.integers(0, 150))
        tenu = exigence <= rang
        codes.append(nom)
        jours.append(debut)
        valeurs.append(oui if tenu and exigence == 0 else na if not tenu and nom == "D7.3" else non)
        pieces.append(piece if tenu and exigence == 0 else None)
        if tenu and exigence > 0:
            codes.append(nom)
            jours.append(debut + 160 + int(rng.integers(0, 220)))
            valeurs.append(oui)
            pieces.append(piece)
    ordre = np.lexsort((np.arange(len(jours)), np.array(jours)))
    declarations = Table(
        "declaratif/declarations",
        {
            "code": texte([codes[i] for i in ordre]),
            "date_declaration": jour(np.array(jours)[ordre]),
            "valeur": code(np.array(valeurs)[ordre], ("OUI", "NON", "NA")),
            "justification": texte([pieces[i] for i in ordre]),
        },
        evenement=np.array(jours)[ordre],
        cumulatif=True,
    )
    return [
        declarations,
        _parcours(etablissement, calendrier, structures),
        _tableaux(calendrier, rng, structures, rang),
        _applications(etablissement, calendrier),
        _types_cme(calendrier, rang),
        _candidatures(calendrier, rang),
        _depots(
            etablissement,
            calendrier,
            graine,
            {nom: valeur == oui for nom, valeur in zip(codes, valeurs, strict=True) if nom in DEPOSEES},
        ),
    ]


def _applications(etablissement: Etablissement, calendrier: Calendrier) -> Table:
    lignes = APPLICATIONS[etablissement.profil.cle]
    debuts = np.array([calendrier.debut + ligne[3] for ligne in lignes], dtype=np.int64)
    return Table(
        "declaratif/applications",
        {
            "domaine": texte([ligne[0] for ligne in lignes]),
            "editeur": texte([ligne[1] for ligne in lignes]),
            "solution": texte([ligne[2] for ligne in lignes]),
            "date_debut": jour(debuts),
            "date_fin": jour(np.array([NUL if ligne[4] == NUL else calendrier.debut + ligne[4] for ligne in lignes])),
            "convergence": booleen(np.array([ligne[5] for ligne in lignes])),
        },
        evenement=debuts,
        cumulatif=True,
    )


def _types_cme(calendrier: Calendrier, rang: int) -> Table:
    lignes = [(canal, *choix) for canal, types in TYPES_CME[: rang + 1] for choix in types]
    jours = calendrier.debut - 150 + 40 * np.arange(len(lignes))
    return Table(
        "declaratif/types_documents_cme",
        {
            "canal": texte([ligne[0] for ligne in lignes]),
            "type_code": texte([ligne[1] for ligne in lignes]),
            "automatique": booleen(np.array([ligne[2] for ligne in lignes])),
            "date_validation": jour(jours),
        },
        evenement=jours,
        cumulatif=True,
    )


def _candidatures(calendrier: Calendrier, rang: int) -> Table:
    # (programme, window, domain or volet, day from the first month, lowest rank of the profiles that apply)
    choix = (
        ("HOPEN", None, "D2", -600, 0),
        ("IFAQ", None, None, 120, 0),
        ("SUN_ES", "F3", "VOLET_1", -40, 1),
        ("SUN_ES", "F4", "VOLET_1", 140, 1),
        ("SUN_ES", "F4", "VOLET_2", 145, 2),
        ("HOPEN2", None, None, 380, 1),
    )
    lignes = [ligne for ligne in choix if ligne[4] <= rang]
    jours = np.array([calendrier.debut + ligne[3] for ligne in lignes], dtype=np.int64)
    return Table(
        "declaratif/candidatures",
        {
            "programme": texte([ligne[0] for ligne in lignes]),
            "fenetre": texte([ligne[1] for ligne in lignes]),
            "domaine": texte([ligne[2] for ligne in lignes]),
            "date_candidature": jour(jours),
        },
        evenement=jours,
        cumulatif=True,
    )


def _depots(etablissement: Etablissement, calendrier: Calendrier, graine: int, declares: dict[str, bool]) -> Table:
    """Return what was typed in oSIS: a rate of another tool, typed again after a correction, which is not what the exports give,
    and declarations as they stand.

    Args:
        etablissement: the establishment.
        calendrier: bounds of the demonstration.
        graine: seed.
        declares: whether each declarative indicator is reached on the last day.
    """
    rng = generateur(graine, etablissement.finess, "depots")
    mois = numero(premier_du_mois(date_de(calendrier.debut), 6))
    denominateurs = rng.integers(40, 220, 2)
    numerateurs = (denominateurs * rng.uniform(0.2, 0.8, 2)).astype(np.int64)
    # (programme, indicator, first day of the period, day of the deposit, numerator, denominator)
    lignes: list[tuple[str, str, int, int, int, int]] = [
        ("IFAQ", "D2.2I", mois, calendrier.debut + jours, int(n), int(d))
        for jours, n, d in zip((200, 215), numerateurs, denominateurs, strict=True)
    ]
    lignes += [
        ("SUN_ES" if nom.startswith("DS") else "HOPEN", nom, calendrier.fin, calendrier.fin, int(atteint), 1)
        for nom, atteint in declares.items()
    ]
    return Table(
        "declaratif/depots",
        {
            "programme": texte([ligne[0] for ligne in lignes]),
            "indicateur": texte([ligne[1] for ligne in lignes]),
            "periode_debut": jour(np.array([ligne[2] for ligne in lignes])),
            "date_depot": jour(np.array([ligne[3] for ligne in lignes])),
            "numerateur": entier(np.array([ligne[4] for ligne in lignes])),
            "denominateur": entier(np.array([ligne[5] for ligne in lignes])),
        },
        evenement=np.array([ligne[3] for ligne in lignes]),
        cumulatif=True,
    )


def _parcours(etablissement: Etablissement, calendrier: Calendrier, structures: Structures) -> Table:
    # (cas d'usage, champ, UF, first day, last day)
    choix: dict[str, Sequence[tuple[str, int, int, int, int]]] = {
        "chu": (
            ("CHIRURGIE_AMBULATOIRE", 0, -1, calendrier.debut - 90, NUL),
            ("SUIVI_CONSULTATION", 4, -1, calendrier.debut - 90, NUL),
            ("PREADMISSION", -1, int(structures.uf_code[0]), calendrier.debut, calendrier.debut + 180),
        ),
        "ch": (
            ("SORTIE_HOSPITALISATION", 0, -1, calendrier.debut, NUL),
            ("SUIVI_CONSULTATION", 4, -1, calendrier.debut + 120, NUL),
        ),
        "epsm": (),
    }
    lignes = choix[etablissement.profil.cle]
    premiers = np.array([ligne[3] for ligne in lignes], dtype=np.int64)
    return Table(
        "declaratif/parcours_eligibles",
        {
            "cas_usage": texte([ligne[0] for ligne in lignes]),
            "uf": ident(np.array([ligne[2] for ligne in lignes], dtype=np.int64), "", 4),
            "champ": code(np.array([ligne[1] for ligne in lignes], dtype=np.int64), CHAMPS),
            "date_debut": jour(premiers),
            "date_fin": jour(np.array([ligne[4] for ligne in lignes], dtype=np.int64)),
        },
        evenement=premiers,
        maj=np.full(len(lignes), calendrier.debut + 150),
        provisoire={"date_fin": jour(np.full(len(lignes), NUL))},
        cumulatif=True,
    )


def _tableaux(calendrier: Calendrier, rng: np.random.Generator, structures: Structures, rang: int) -> Table:
    poles: list[str] = []
    fins: list[int] = []
    productions: list[int] = []
    couverture = (0.55, 0.8, 1.0)[rang]
    for indice, pole in enumerate(structures.poles):
        if indice + 1 > max(1, round(couverture * len(structures.poles))):
            continue
        for trimestre in range(-2, 5):
            fin = numero(premier_du_mois(date_de(calendrier.debut), 2 + 3 * trimestre)) - 1
            production = fin + int(rng.integers(15, 110))
            if fin <= calendrier.fin:
                poles.append(pole)
                fins.append(fin)
                productions.append(production)
    return Table(
        "declaratif/tableaux_de_bord",
        {
            "pole": texte(poles),
            "periode_fin": jour(np.array(fins, dtype=np.int64)),
            "date_production": jour(np.array(productions, dtype=np.int64)),
        },
        evenement=np.minimum(np.array(productions, dtype=np.int64), calendrier.fin),
        cumulatif=True,
    )


def _par_mois(mois_des_lignes: Tableau, mois: Tableau) -> Tableau:
    """Count rows by observed month."""
    rang = np.searchsorted(mois, mois_des_lignes)
    dedans = (rang < len(mois)) & (mois[np.minimum(rang, len(mois) - 1)] == mois_des_lignes)
    return np.bincount(rang[dedans], minlength=len(mois))


def _publication(mois: Tableau, calendrier: Calendrier) -> Tableau:
    """Return the day when an operator publishes a month: the 20th of the next one, at the latest the extraction."""
    return np.minimum(mois + 50, calendrier.fin)


def _corriger(table: Table, colonne: str, rng: np.random.Generator) -> None:
    """Let the operator publish first a lower figure, corrected two months later."""
    valeurs = table.colonnes[colonne].valeurs
    table.maj = table.evenement + np.where(tirer(rng, 0.3, len(valeurs)), 60, 0)
    table.provisoire = {colonne: entier((valeurs * 0.9).astype(np.int64))}
