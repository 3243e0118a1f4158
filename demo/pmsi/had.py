"""HAD: grouped RPSS (one line per sub-sequence), and the link from the HAD stay number to the NDA."""

from __future__ import annotations

import numpy as np

from ..calendrier import numero
from ..depot import Depot
from ..hasard import choisir, tirer
from ..lignes import Lignes, Texte
from ..site import Site
from .lignes import rediger
from .sejours import (
    BLANCHE,
    acte_ccam,
    de_la_venue,
    decouper,
    diagnostics,
    ecrire_hosp_pmsi,
    ecrire_vidhosp,
    en_bytes,
    identite,
    planter,
    sejours_des_venues,
    transmettre,
)

VERSIONS = ("H1B", "H1D", "H1F")
PAS = 7
"""Length of a sub-sequence, in days."""


def ecrire(depot: Depot, site: Site) -> None:
    """Write the HAD files of one establishment."""
    sejours = sejours_des_venues(site, "had")
    if len(sejours):
        sejours = planter(depot, site, "HAD", sejours, ouverts_compris=True, par_vidhosp=False)
        numeros = en_bytes("HAD", np.arange(len(sejours)) + 1, 7)
        _rpss(depot, site, sejours, numeros)
        ecrire_hosp_pmsi(depot, site, "had", numeros, sejours)
        ecrire_vidhosp(depot, site, "had", sejours)


def _rpss(depot: Depot, site: Site, sejours: Lignes, numeros: np.ndarray) -> None:
    rng = site.hasard("pmsi/rpss")
    parties = decouper(site, sejours, PAS, sejours.entree)
    sejour, debut, terme, nombre = parties.sejour, parties.debut, parties.terme, len(parties)
    patient = sejours.patient[sejour]
    nb_da, da = diagnostics(rng, nombre, (30, 35, 25, 10))
    nb_dcmpa = tirer(rng, 0.3, nombre).astype(np.int64)
    _, dc = diagnostics(rng, nombre, (1, 1, 1))
    # Two tariff zones when the dependence changed during the week.
    zones = np.where((terme - debut >= 4) & tirer(rng, 0.2, nombre), 2, 1)
    coupure, jours = np.where(zones == 2, debut + 2, terme), terme - debut + 1
    nb_dcmpp = choisir(rng, (50, 50), nombre)
    nb_ccam = tirer(rng, 0.1, nombre).astype(np.int64)
    contenus = {
        **identite(site, patient),
        "finess_geo": Texte(site.unites.lieu[de_la_venue(sejours, site.venues.uf, 0)][sejour], site.finess_geo),
        "ipp": site.patients.ipp[patient],
        "numero_sejour": numeros[sejour],
        "type_lieu_domicile": "1",
        "date_entree": parties.entree,
        "mode_entree": "8",
        "date_sortie": parties.sortie,
        "mode_sortie": Texte(np.where(parties.derniere, 0, -1), "8"),
        "numero_sequence": "0001",
        "date_debut_sequence": parties.entree,
        "date_fin_sequence": parties.fin,
        "mode_prise_en_charge_principal": "04",
        "mode_prise_en_charge_associe": Texte(nb_dcmpa, ("00", "09")),
        130: "0000000000050",
        146: "08",
        "nb_dcmpp": nb_dcmpp,
        "nb_dcmpa": nb_dcmpa,
        "nb_diagnostics_associes": nb_da,
        153: "332211",
        "numero_sous_sequence": parties.rang + 1,
        "date_debut_sous_sequence": debut,
        "date_fin_sous_sequence": terme,
        "derniere_sous_sequence": Texte(np.where(parties.derniere, 0, 1), "12"),
        "nb_actes": nb_ccam,
        "diagnostic_principal": "C509",
    }
    une = np.ones(nombre, dtype=np.int64)
    tarifs = {
        "code": "11",
        "date_debut": np.stack([debut, debut + 3], axis=1),
        "date_fin": np.stack([coupure, terme], axis=1),
        "nb_jours": np.stack([np.where(zones == 2, 3, jours), jours - 3], axis=1),
    }
    variables = {
        "DCMPP": (nb_dcmpp, {"code": dc[:, 0]}),
        "DCMPA": (nb_dcmpa, {"code": dc[np.arange(nombre), nb_dcmpp]}),
        "DA": (nb_da, {"code": da}),
        "CCAM": (nb_ccam, acte_ccam(rng, debut)),
        "GROUPAGE": (une, {1: "100000410", "nb_zones_tarifaires": zones}),
        "ZONE_TARIFAIRE": (zones, tarifs),
    }
    bonne = f"H1D{site.finess}{site.finess}{'99999999':<20}{'HAD9999999':<20}01011950129200".ljust(148) + "0000".ljust(42)
    sales = [(bonne[:120], "", "LONGUEUR_INVALIDE"), ("H9Z" + bonne[3:], "", "VERSION_INCONNUE"), BLANCHE]
    version = Texte(np.searchsorted([numero(2023, 1), numero(2024, 3)], debut, side="right"), VERSIONS)
    lignes = rediger("rpss", version, nombre, contenus, variables)
    transmettre(depot, site, "had", "rpss", parties.reference, lignes, sales)
