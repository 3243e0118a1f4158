"""What comes from outside the care: national operators' files, declarations, dashboards."""

from typing import Any

import numpy as np

from socle.lecture.contrat import contrat

from .calendrier import JOUR, NB_MOIS, mois_de
from .documents import TYPES
from .echanges import REUSSI, SUPPRESSION
from .hasard import Hasard, tirer
from .lignes import DONNEES, IDENTIFIANTS, NUL, Lignes, Table, Tableau, Texte
from .site import Site

TYPES_REMONTES = ("11490-0", "34874-8", "11488-4", "11502-2", "18748-4", "57833-6", "TOUS")
DEPOSEES = ("D5.1", "D6.2", "DS4.3")
"""Declarative indicators whose deposit is told."""


def nationaux(site: Site) -> list[Table]:
    """Return the three national flux: what the operators saw, close to the establishment's traces but not equal.

    The last month has not come back yet for the CNAM and the ANS.
    """
    rng, envois, messages = site.hasard("national"), site.envois, site.messages
    mois = np.array([site.calendrier.mois_observe(rang) for rang in range(NB_MOIS)])
    connus = mois[:-1]

    def observer(comptes: Tableau) -> Tableau:
        return np.maximum(0, np.round(comptes * rng.normal(0.975, 0.02, len(comptes)))).astype(np.int64)

    def distincts(choses: Tableau, mois_vus: Tableau) -> Tableau:
        """Observe how many distinct things each month has."""
        return observer(_par_mois(np.unique(choses * 100_000 + mois_vus) % 100_000, mois))

    def publier(flux: str, vu: Lignes, corrigee: str) -> Table:
        """Let the operator publish the 20th of the next month, first a lower figure at times, corrected two months later."""
        evenement = np.minimum(vu.mois + 50, site.calendrier.fin)
        maj = evenement + np.where(tirer(rng, 0.3, len(evenement)), 60, 0)
        avant = {f"avant_{corrigee}": (vars(vu)[corrigee] * 0.9).astype(np.int64)}
        return site.table(flux, vu, evenement, maj, True, **avant)

    vus = np.flatnonzero((envois.statut == REUSSI) & (envois.operation != SUPPRESSION) & (envois.document >= 0))
    document, mois_vus = envois.document[vus], mois_de(envois.date_envoi[vus] // JOUR)
    genre = site.documents.type_code[document]
    # Each version once per month.
    _, premiers = np.unique(document * 100_000 + mois_vus, return_index=True)
    nb_documents, nb_alimentes = [], []
    for type_code in TYPES_REMONTES:
        garde = premiers if type_code == "TOUS" else premiers[genre[premiers] == TYPES[type_code]]
        nb_documents.append(observer(_par_mois(mois_vus[garde], mois)))
        nb_alimentes.append(np.minimum(distincts(site.documents.patient[document[garde]], mois_vus[garde]), nb_documents[-1]))
    # By month, then by type.
    rangs = np.tile(np.arange(len(TYPES_REMONTES)), len(connus))
    alimentes = np.array(nb_alimentes)[:, :-1].T.ravel()
    vu = Lignes(mois=np.repeat(connus, len(TYPES_REMONTES)), type_code=Texte(rangs, TYPES_REMONTES))
    vu.nb_documents = np.array(nb_documents)[:, :-1].T.ravel()
    vu.nb_dmp_alimentes = np.where(tirer(rng, 0.05, len(rangs)), NUL, alimentes)
    cnam = publier("national/cnam_alimentation_dmp", vu, "nb_documents")

    nouveaux = _par_mois(mois_de(site.venues.jour_entree), mois)
    vu = Lignes(mois=mois, nb_appels=observer(nouveaux * np.linspace(0.5, 1.05, NB_MOIS)))
    appels = publier("national/cnam_appels_insi", vu, "nb_appels")

    envoyes, mois_message = messages.statut == REUSSI, mois_de(messages.date_envoi // JOUR)
    pro = envoyes & (messages.canal == 0) & (messages.document >= 0)
    citoyenne = envoyes & (messages.canal == 1)
    nb_patients = distincts(messages.patient[citoyenne], mois_message[citoyenne])[:-1]
    vu = Lignes(mois=connus, nb_messages_pro_avec_document=observer(_par_mois(mois_message[pro], mois))[:-1])
    vu.nb_correspondants_pro = distincts(messages.adresse[pro], mois_message[pro])[:-1]
    vu.nb_patients_citoyenne = np.where(tirer(rng, 0.1, len(connus)), NUL, nb_patients)
    vu.taux_equipement = np.round(np.linspace(78.0, 87.5, len(connus)) + rng.normal(0, 0.4, len(connus)), 1)
    return [cnam, appels, publier("national/ans_mssante", vu, "nb_messages_pro_avec_document")]


def declaratifs(site: Site) -> list[Table]:
    """Return the declarative flux."""
    rng, niveau = site.hasard("declaratif"), site.profil["niveau"]
    declarations = _declarations(site, rng)
    atteints = {code: valeur == "OUI" for code, _, valeur, _ in declarations if code in DEPOSEES}
    declarations.sort(key=lambda declaration: declaration[1])

    def exigees(nom: str) -> list[Any]:
        return [choix for *choix, exige in DONNEES[nom] if exige <= niveau]

    corriges = {"maj": site.calendrier.debut + 150, "avant_date_fin": NUL}
    return [
        _table(site, "declarations", declarations, "date_declaration"),
        _table(site, "parcours_eligibles", DONNEES["parcours_eligibles"][site.cle], "date_debut", **corriges),
        _tableaux(site, rng),
        _table(site, "applications", DONNEES["applications"][site.cle], "date_debut"),
        _table(site, "types_documents_cme", exigees("types_documents_cme"), "date_validation"),
        _table(site, "candidatures", exigees("candidatures"), "date_candidature"),
        _depots(site, atteints),
    ]


def _table(site: Site, nom: str, lignes: list[Any], jour: str, **autres: Any) -> Table:
    """Return a declarative flux, each row known on the day that one of its columns says.

    Rows are in the order of the contract: texts (empty when missing), days from the first one observed, and numbers.
    """
    colonnes: dict[str, Any] = {}
    for colonne, *valeurs in zip(contrat()[f"declaratif/{nom}"], *lignes, strict=True):
        rangs = {valeur: rang for rang, valeur in enumerate(colonne.valeurs)}
        if colonne.type == "date":
            valeurs = [NUL if valeur == "" else site.calendrier.debut + valeur for valeur in valeurs]
        if rangs:
            colonnes[colonne.nom] = np.array([rangs.get(valeur, -1) for valeur in valeurs], dtype=np.int64)
        elif colonne.type == "varchar" and colonne.nom not in IDENTIFIANTS:
            colonnes[colonne.nom] = Texte.de(valeurs)
        else:
            colonnes[colonne.nom] = np.array(valeurs, dtype=np.int64)
    return site.table(f"declaratif/{nom}", Lignes(**colonnes), colonnes[jour], cumulatif=True, **autres)


def _declarations(site: Site, rng: Hasard) -> list[tuple[str, int, str, str]]:
    """Return the declarations: code, day, value, evidence; some say no at first."""
    lignes = []
    for code, (piece, exige) in DONNEES["declarations"].items():
        premier = int(rng.integers(0, 150)) - 200
        tenue = exige <= site.profil["niveau"]
        if tenue and exige == 0:
            lignes.append((code, premier, "OUI", piece))
            continue
        lignes.append((code, premier, "NA" if not tenue and code == "D7.3" else "NON", ""))
        if tenue:
            lignes.append((code, premier + 160 + int(rng.integers(0, 220)), "OUI", piece))
    return lignes


def _depots(site: Site, atteints: dict[str, bool]) -> Table:
    """Return what was typed in oSIS: a rate of another tool, typed again after a correction, which is not what the exports give,
    and declarations as they stand on the last day.
    """
    rng, calendrier = site.hasard("depots"), site.calendrier
    denominateurs = rng.integers(40, 220, 2)
    numerateurs = (denominateurs * rng.uniform(0.2, 0.8, 2)).astype(np.int64)
    periode, dernier = calendrier.mois_observe(6) - calendrier.debut, calendrier.fin - calendrier.debut
    lignes = [("IFAQ", "D2.2I", periode, (200, 215)[rang], numerateurs[rang], denominateurs[rang]) for rang in (0, 1)]
    for code, atteint in atteints.items():
        lignes.append(("SUN_ES" if code.startswith("DS") else "HOPEN", code, dernier, dernier, atteint, 1))
    return _table(site, "depots", lignes, "date_depot")


def _tableaux(site: Site, rng: Hasard) -> Table:
    """Return the dashboards of the pôles: every quarter, for more of them where more is declared."""
    poles = list(dict.fromkeys(service[2] for service in DONNEES["services"][site.cle] if service[2]))
    couverts = max(1, round((0.55, 0.8, 1.0)[site.profil["niveau"]] * len(poles)))
    calendrier, lignes = site.calendrier, []
    for pole in poles[:couverts]:
        for trimestre in range(-2, 5):
            fin = calendrier.mois_observe(2 + 3 * trimestre) - 1 - calendrier.debut
            production = fin + int(rng.integers(15, 110))
            if fin <= calendrier.fin - calendrier.debut:
                lignes.append((pole, fin, production))
    table = _table(site, "tableaux_de_bord", lignes, "date_production")
    table.lignes.evenement = np.minimum(table.lignes.evenement, site.calendrier.fin)
    return table


def _par_mois(mois_des_lignes: Tableau, mois: Tableau) -> Tableau:
    """Count rows by observed month."""
    rang = np.searchsorted(mois, mois_des_lignes)
    dedans = (rang < len(mois)) & (mois[np.minimum(rang, len(mois) - 1)] == mois_des_lignes)
    return np.bincount(rang[dedans], minlength=len(mois))
