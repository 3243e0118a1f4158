"""External consultations: RSF-ACE, one invoice header (A) followed by its lines (C, B, M)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..calendrier import numero
from ..depot import Depot
from ..hasard import choisir, tirer
from ..lignes import Texte
from ..site import Site
from .lignes import Contenus, rediger
from .sejours import BLANCHE, CODES, cle_nir, identite, transmettre

CONSULTATIONS = ("CS", "APC", "CNP", "G")
AUTRES = ("ADI", "K", "ATM")
VERSIONS = {"A": ("A285", "A310"), "C": ("C152", "C161"), "B": ("B155", "B164"), "M": ("M128", "M137")}
"""Types of lines in their order in an invoice, before March 2022 and since."""


def ecrire(depot: Depot, site: Site) -> None:
    """Write the RSF-ACE of one establishment.

    A billed consultation has an invoice with a consultation act. Others have none, a cancelled one, or one that holds
    no consultation. A few invoices bear an entry number of the billing software: only the IPP and the date tell.
    """
    rng, patients = site.hasard("pmsi/ace"), site.patients
    non_facturee = site.venues_de("externe") & ~site.venues.facturee
    annulee = non_facturee & tirer(rng, 0.15, len(site.venues))
    autre_acte = non_facturee & ~annulee & tirer(rng, 0.3, len(site.venues))
    rangs = np.flatnonzero(site.venues.facturee | annulee | autre_acte)
    if not len(rangs):
        return
    venues, nb = site.venues.prendre(rangs), len(rangs)
    patient, jours = venues.patient, venues.jour_entree
    matricule = patients.matricule[patient].astype("S15")
    propre = np.where(matricule.view(np.uint8).reshape(nb, 15) == 0, ord("0"), matricule.view(np.uint8).reshape(nb, 15))
    nir = np.ascontiguousarray(propre[:, :13]).view("S13")[:, 0]
    entree = np.where(tirer(rng, 0.03, nb), 900_000_000 + np.arange(nb), venues.iep)
    autre = len(CONSULTATIONS) + choisir(rng, (60, 20, 20), nb)
    acte = np.where(autre_acte[rangs], autre, choisir(rng, (55, 20, 10, 15), nb))
    avec = {"B": tirer(rng, 0.1, nb), "M": tirer(rng, 0.25, nb)}
    specialite = rng.integers(1, 40, nb)
    ccam = Texte(rng.integers(0, len(CODES["actes"]), nb), CODES["actes"])
    communs: Contenus = {
        "finess_pmsi": site.finess,
        "finess_geo": Texte(site.unites.lieu[venues.uf], site.finess_geo),
        "numero_entree": entree,
        "numero_facture": np.arange(nb) + 1,
    }
    des_actes: Contenus = {**communs, 20: nir, 33: cle_nir(matricule), 35: "000", "mode_traitement": "07", "date_soins": jours}
    contenus: dict[str, Contenus] = {
        "A": {
            **communs,
            **identite(site, patient, code_postal=101),
            **{21: Texte(np.minimum(patients.sexe[patient], 1), "12"), 22: nir, 35: cle_nir(matricule), 37: "000"},
            "nature_operation": Texte(annulee[rangs].astype(int), "12"),
            "date_entree": jours,
            "date_sortie": jours,
            "ipp": patients.ipp[patient],
            "ins_matricule": matricule,
            **{66: "1000", 70: "01", 74: "01", 84: "1", 106: "0" * 16 + "000025000000175000000750" + "0" * 24, 171: "0110"},
            **{203: "000007500", 260: "199FRA"},
        },
        "C": {
            **des_actes,
            "specialite_executant": specialite,
            "code_acte": Texte(acte, CONSULTATIONS + AUTRES),
            **{83: "001000100010002500000025000700000175000002500" + "0" * 7, 148: "10000"},
        },
        "B": {
            **des_actes,
            **{"discipline_prestation": "000", "code_acte": "FFM", 83: "001000100", 93: "10000"},
            100: "000400000004000100" + "0000400000004000" + "0" * 7,
        },
        "M": {**des_actes, "discipline_prestation": "000", "code_acte": ccam, "activite_ccam": "1", "phase_ccam": "0"},
    }
    lignes, factures = [], []
    for genre, versions in VERSIONS.items():
        presentes = np.flatnonzero(avec.get(genre, np.ones(nb, dtype=bool)))
        version = Texte((jours >= numero(2022, 3)).astype(int), versions)
        lignes.append(rediger("rsf", version, nb, {1: genre, **contenus[genre]}).take(pa.array(presentes)))
        factures.append(presentes)
    facture = np.concatenate(factures)
    ordre = np.argsort(facture, kind="stable")
    toutes = pa.concat_arrays(lignes).take(pa.array(ordre))
    sales = [(f"C{site.finess}{site.finess}".ljust(140), "", "LONGUEUR_INVALIDE"), BLANCHE]
    transmettre(depot, site, "ace", "rsface", jours[facture[ordre]], toutes, sales)
