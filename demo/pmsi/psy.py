"""PSY: RPS (one line per sequence of a stay) and RAA (one line per ambulatory act)."""

from __future__ import annotations

import numpy as np

from ..calendrier import numero
from ..depot import Depot
from ..hasard import choisir, tirer
from ..lignes import Lignes, Texte
from ..site import SORTE, Site
from ..venues import PSY
from .lignes import rediger
from .sejours import (
    BLANCHE,
    acte_ccam,
    de_la_venue,
    decouper,
    diagnostics,
    ecrire_hosp_pmsi,
    en_bytes,
    identite,
    planter,
    sejours_des_venues,
    transmettre,
)

SEQUENCE = 60
"""Longest sequence, in days."""


def ecrire(depot: Depot, site: Site) -> None:
    """Write the PSY files of one establishment; the number of a stay is its NDA, with a prefix where the site numbers apart."""
    sejours = sejours_des_venues(site, *PSY)
    if not len(sejours):
        return
    sejours = planter(depot, site, "PSY", sejours, ouverts_compris=True, par_vidhosp=False)
    numeros = en_bytes("PSY" if site.profil["psy_numerote"] else "", sejours.nda, 9)
    _rps(depot, site, sejours, numeros)
    if site.profil["psy_numerote"]:
        ecrire_hosp_pmsi(depot, site, "psy", numeros, sejours)
    _raa(depot, site)


def _rps(depot: Depot, site: Site, sejours: Lignes, numeros: np.ndarray) -> None:
    rng, nb = site.hasard("pmsi/rps"), len(sejours)
    parties = decouper(site, sejours, SEQUENCE, sejours.entree)
    sejour, debut, nombre = parties.sejour, parties.debut, len(parties)
    patient, uf = sejours.patient[sejour], de_la_venue(sejours, site.venues.uf, 0)[sejour]
    partiel = (de_la_venue(sejours, site.venues.sorte, SORTE[PSY[0]]) == SORTE[PSY[1]])[sejour]
    nb_da, da = diagnostics(rng, nombre, (40, 30, 20, 10))
    jours = parties.terme - debut + 1
    mode_legal = Texte(choisir(rng, (80, 12, 8), nb)[sejour], "137")
    diagnostic = Texte(choisir(rng, (50, 30, 20), nb)[sejour], ("F322", "F200", "F310"))
    nb_ccam = tirer(rng, 0.05, nombre).astype(np.int64)
    contenus = {
        **identite(site, patient),
        "finess_geo": Texte(site.unites.lieu[uf], site.finess_geo),
        "ipp": site.patients.ipp[patient],
        "forme_activite": Texte(partiel.astype(int), ("01", "20")),
        "numero_sejour": numeros[sejour],
        "date_entree": parties.entree,
        "mode_entree": "8",
        "date_sortie": parties.sortie,
        "mode_sortie": Texte(np.where(parties.derniere, 0, -1), "8"),
        "unite_medicale": site.unites.uf[uf],
        "secteur": "99G01",
        "mode_legal_soins": mode_legal,
        "date_debut_sequence": debut,
        "date_fin_sequence": parties.terme,
        "nb_jours_presence": np.where(partiel, 0, jours),
        "nb_demi_journees_presence": np.where(partiel, jours // 4 + 1, 0),
        "nb_jours_isolement": "000",
        "nb_jours_isolement+3": "111121",
        "diagnostic_principal": diagnostic,
        "nb_diagnostics_associes": nb_da,
        "nb_actes": nb_ccam,
    }
    bonne = f"{site.finess}{site.finess}P12{'99999999':<20}01011950129200{'01':<4}{'999999993':<20}".ljust(150) + "0000"
    sales = [(bonne[:100], "", "LONGUEUR_INVALIDE"), (bonne[:18] + "P99" + bonne[21:], "", "VERSION_INCONNUE"), BLANCHE]
    version = Texte((debut >= numero(2022, 3)).astype(int), ("P08", "P12"))
    zones = {"DA": (nb_da, {"code": da}), "CCAM": (nb_ccam, acte_ccam(rng, debut))}
    transmettre(depot, site, "psy", "rps", parties.reference, rediger("rps", version, nombre, contenus, zones), sales)


def _raa(depot: Depot, site: Site) -> None:
    """Write the ambulatory acts of the consultations given in the psychiatric services."""
    rng, venues, unites = site.hasard("pmsi/raa"), site.venues, site.unites
    services = np.unique(unites.service[np.isin(unites.sorte, [SORTE[nom] for nom in PSY])])
    de_psychiatrie = site.venues_de("externe") & np.isin(unites.service[venues.uf], services)
    venues = venues.prendre(de_psychiatrie & tirer(rng, 0.95, len(venues)))
    nombre, jours = len(venues), venues.jour_entree
    if not nombre:
        return
    nb_da, da = diagnostics(rng, nombre, (50, 30, 20))
    contenus = {
        **identite(site, venues.patient),
        "finess_geo": Texte(unites.lieu[venues.uf], site.finess_geo),
        "ipp": site.patients.ipp[venues.patient],
        "forme_activite": Texte(choisir(rng, (70, 20, 10), nombre), ("30", "31", "32")),
        "unite_medicale": unites.uf[venues.uf],
        "secteur": "99G01",
        "mode_legal_soins": "1",
        "date_acte": jours,
        "nature_acte": Texte(choisir(rng, (80, 12, 8), nombre), "EDG"),
        "lieu_acte": "L01",
        "modalite_realisation": "P",
        "categorie_intervenant": Texte(choisir(rng, (45, 40, 15), nombre), "MIP"),
        "nb_intervenants": "1",
        "diagnostic_principal": "F322",
        "nb_diagnostics_associes": nb_da,
    }
    version = Texte((jours >= numero(2022, 3)).astype(int), ("P09", "P14"))
    transmettre(depot, site, "psy", "raa", jours, rediger("raa", version, nombre, contenus, {"DA": (nb_da, {"code": da})}))
