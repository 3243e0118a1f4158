"""Services, units, users and outside correspondents of one establishment."""

import numpy as np

from socle.lecture.contrat import contrat

from .hasard import Hasard, choisir, monter, tirer
from .lignes import DONNEES, Lignes, Table, Tableau, Texte
from .site import SORTE, SORTES, Site

PROFESSIONS = ("médecin", "infirmier", "sage-femme", "pharmacien", "cadre de santé", "secrétaire médicale")
INTITULES = {"externe": ", consultations", "ambu_chirurgie": ", ambulatoire", "ambu_medecine": ", hôpital de jour"}
VALEURS = {c.nom: c.valeurs for flux in ("gam/venues", "gam/patients", "gam/statuts_dmp") for c in contrat()[flux]}
"""Values admitted by column of these flux."""
DES_SORTES: dict[str, Tableau] = {
    colonne: np.array([VALEURS[colonne].index(sorte[cle]) if cle in sorte else -1 for sorte in SORTES.values()])
    for colonne, cle in (("champ", "champ"), ("mode_hospitalisation", "mode"), ("type_seance", "seance"))
}
"""Columns of a venue, or of a unit, that follow from its kind."""


def construire(site: Site, nb_venues: int) -> list[Table]:
    """Make the units, the correspondents and the users of one establishment, and return their flux.

    `site.unites` has, per unit: sorte (kind of venue), uf (4-digit code), lieu (number of the site), service.
    `site.correspondants`: equipe (has a MSSanté address), adresse (number in it, shared by the members of one practice).
    """
    rng = site.hasard("structures")
    services = DONNEES["services"][site.cle]
    tables = [_services(site, rng, services)]
    couples = [(rang, ordre, sorte) for rang, s in enumerate(services) for ordre, sorte in enumerate(s[4].split())]
    service, ordre, sorte = (np.array(c) for c in zip(*((rang, o, SORTE[nom]) for rang, o, nom in couples), strict=True))
    lieu = np.array([services[rang][5] for rang, _, _ in couples])
    site.unites = Lignes(sorte=sorte, uf=(service + 11) * 100 + ordre * 10 + 1, lieu=lieu, service=service)
    libelle = Texte.de([services[rang][0] + INTITULES.get(nom, "") for rang, _, nom in couples])
    autres = {"service_id": service + 1, "libelle": libelle, **{nom: valeurs[sorte] for nom, valeurs in DES_SORTES.items()}}
    origine = np.full(len(couples), site.calendrier.origine)
    tables.append(site.table("gam/unites_fonctionnelles", site.unites, origine, cumulatif=True, **autres))
    tables.append(_correspondants(site, rng, max(24, nb_venues // 11)))
    tables.append(_utilisateurs(site, rng, max(30, nb_venues // 25)))
    return tables


def uf_de(site: Site, sortes: Tableau, rng: Hasard) -> Tableau:
    """Return a unit (row number) for each kind of venue, uniformly among those that receive it."""
    choix = np.zeros(len(sortes), dtype=np.int64)
    for sorte in range(len(SORTES)):
        rangs = np.flatnonzero(sortes == sorte)
        candidates = np.flatnonzero(site.unites.sorte == sorte)
        if len(rangs) and len(candidates):
            choix[rangs] = candidates[rng.integers(0, len(candidates), len(rangs))]
    return choix


def _services(site: Site, rng: Hasard, services: list[list]) -> Table:
    nombre = len(services)
    dpi, planification = monter(np.ones(1), site.leviers["dpi"])[0], site.leviers["planification"][1]
    libelle, genre, pole, externes, _, _ = (list(colonne) for colonne in zip(*services, strict=True))
    genres = ("SOINS", "MEDICO_TECHNIQUE", "ADMINISTRATIF")
    # The services deployed during the year are not yet in the first files.
    deploiement = np.where(tirer(rng, 0.75, nombre), site.calendrier.origine, site.calendrier.debut + 200)
    externes, origine = np.array(externes), np.full(nombre, site.calendrier.origine)
    lignes = Lignes(libelle=Texte.de(libelle), pole=Texte.de(pole), consultations_externes=externes)
    lignes.type_service = np.array([genres.index(g) for g in genre])
    lignes.rdv_en_ligne = externes & tirer(rng, planification - 0.25, nombre)
    lignes.dpi_deploye = tirer(rng, dpi, nombre)
    lignes.acces_cr_et_images = tirer(rng, dpi - 0.04, nombre)
    lignes.dpi_integre_documents = tirer(rng, dpi - 0.12, nombre)
    avant = {"avant_rdv_en_ligne": 0, "avant_dpi_integre_documents": 0}
    return site.table("gam/services", lignes, origine, deploiement, cumulatif=True, **avant)


def _correspondants(site: Site, rng: Hasard, nombre: int) -> Table:
    calendrier = site.calendrier
    equipe = tirer(rng, 0.86, nombre)
    # One practice in six shares a mailbox.
    adresse = np.arange(nombre)
    adresse[tirer(rng, 0.06, nombre) & (adresse > 0)] -= 1
    creation = rng.integers(calendrier.origine, calendrier.debut + 60, nombre)
    inscription = np.where(tirer(rng, 0.3, nombre), rng.integers(0, 400, nombre), 0)
    inscription = np.minimum(calendrier.debut + inscription, calendrier.fin)
    domaines = np.where(tirer(rng, 0.1, nombre), "MEDECIN.MSSANTE.FR", "medecin.mssante.fr")
    adresses = [f"dr.{numero:06d}@{domaine}" for numero, domaine in zip(adresse.tolist(), domaines.tolist(), strict=True)]
    site.correspondants = Lignes(equipe=equipe, adresse=adresse)
    lignes = Lignes(adresse_mss=Texte(np.where(equipe, np.arange(nombre), -1), adresses))
    lignes.date_maj = np.maximum(inscription, creation)
    # A few practise in the establishment; most outside ones are not marked as such.
    lignes.interne = 1 - choisir(site.hasard("correspondants_internes"), (6, 34, 60), nombre)
    return site.table("gam/correspondants", lignes, creation, inscription, True, avant_date_maj=creation)


def _utilisateurs(site: Site, rng: Hasard, nombre: int) -> Table:
    calendrier = site.calendrier
    site.nb_utilisateurs = nombre
    arrivee = rng.integers(calendrier.origine, calendrier.debut, nombre)
    actif = tirer(rng, 0.93, nombre)
    depart = np.where(actif, calendrier.origine, rng.integers(calendrier.debut, calendrier.fin, nombre))
    comptes = Lignes(profil=Texte(choisir(rng, (30, 42, 2, 4, 7, 15), nombre), PROFESSIONS), actif=actif)
    return site.table("dpi/utilisateurs", comptes, arrivee, depart, True, avant_actif=1)
