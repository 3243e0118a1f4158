"""SMR: grouped RHS (one line per week and unit of a stay)."""

from __future__ import annotations

import numpy as np

from ..calendrier import numero
from ..depot import Depot
from ..hasard import choisir, tirer
from ..lignes import Lignes, Tableau, Texte
from ..site import SORTE, Site
from .lignes import rediger
from .sejours import (
    BLANCHE,
    CODES,
    acte_ccam,
    de_la_venue,
    decouper,
    diagnostics,
    ecrire_vidhosp,
    identite,
    planter,
    sejours_des_venues,
    transmettre,
)

SMR = ("smr_complet", "smr_jour")
VERSIONS = ("M1B", "M1C", "M1D")


def ecrire(depot: Depot, site: Site) -> None:
    """Write the SMR files of one establishment: RHS, and VID-HOSP for the IPP."""
    sejours = sejours_des_venues(site, *SMR)
    if len(sejours):
        sejours = planter(depot, site, "SMR", sejours, ouverts_compris=True, par_vidhosp=True)
        _rhs(depot, site, sejours)
        ecrire_vidhosp(depot, site, "smr", sejours)


def _rhs(depot: Depot, site: Site, sejours: Lignes) -> None:
    """Write the RHS; the number of a stay is its rank, and its end is on its last week only."""
    rng, nb = site.hasard("pmsi/rhs"), len(sejours)
    premier_lundi = sejours.entree - (sejours.entree + 3) % 7
    semaines = decouper(site, sejours, 7, premier_lundi)
    sejour, lundi, nombre = semaines.sejour, semaines.debut, len(semaines)
    partiel = (de_la_venue(sejours, site.venues.sorte, SORTE[SMR[0]]) == SORTE[SMR[1]])[sejour]
    presence = _presences(semaines, partiel)
    # A patient moved to the other unit half-way: the week of the move opens a new unit stay.
    autre = np.flatnonzero(np.isin(site.unites.sorte, [SORTE[nom] for nom in SMR]))[-1]
    ailleurs = tirer(rng, 0.06, nb)[sejour] & (semaines.combien >= 3) & (semaines.rang >= semaines.combien // 2)
    uf = np.where(ailleurs, autre, de_la_venue(sejours, site.venues.uf, 0)[sejour])
    bascule = premier_lundi[sejour] + 7 * (semaines.combien // 2)
    version = np.searchsorted([numero(2022, 3) - 1, numero(2025, 3) + 2], lundi, side="right")
    version = np.where(tirer(rng, 0.02, nb)[sejour] & (version == 1), 2, version)
    nb_da, da = diagnostics(rng, nombre, (20, 25, 25, 20, 10))
    nb_csarr = choisir(rng, (30, 30, 25, 15), nombre)
    csarr = [np.array(CODES["csarr"], dtype="S7")[rng.integers(0, len(CODES["csarr"]), nombre)] for _ in range(3)]
    nb_csar = np.where(version == 2, choisir(rng, (60, 40), nombre), 0)
    nb_ccam = tirer(rng, 0.15, nombre).astype(np.int64)
    jeudi = (lundi + 3).astype("datetime64[D]")
    annee = jeudi.astype("datetime64[Y]")
    semaine = (jeudi - annee.astype("datetime64[D]")).astype(np.int64) // 7 + 1
    contenus = {
        **identite(site, sejours.patient[sejour]),
        23: Texte(version, [f"M0{v[2]}" for v in VERSIONS]),
        "numero_sejour": sejour + 1,
        "nda": sejours.nda[sejour],
        "version_classification": "21",
        "categorie_majeure": "08",
        "code_groupe": "03",
        "code_groupe+2": "A",
        "code_retour-1": "1000",
        "date_entree": semaines.entree,
        "date_sortie": semaines.sortie,
        "type_hospitalisation": Texte(partiel.astype(int), "12"),
        "date_entree_um": np.where(ailleurs, bascule, semaines.entree),
        "mode_entree": "8",
        "date_sortie_um": semaines.sortie,
        "mode_sortie": Texte(np.where(semaines.derniere, 0, -1), "8"),
        "semaine": semaine * 10_000 + annee.astype(np.int64) + 1970,
        "presence_semaine": presence[:, :5].copy().view("S5")[:, 0],
        "presence_week_end": presence[:, 5:].copy().view("S2")[:, 0],
        "unite_medicale": site.unites.uf[uf],
        "type_autorisation": "50",
        "manifestation_morbide": "Z501",
        "affection_etiologique": "I639",
        "affection_etiologique+8": "332211",
        "nb_diagnostics_associes": nb_da,
        "nb_actes_csarr": nb_csarr,
        "nb_actes_csar": nb_csar,
        "nb_actes_ccam": nb_ccam,
        "nb_actes_ccam+2": "2",
    }
    zones = {
        "DA": (nb_da, {"code": da}),
        "CSARR": (
            nb_csarr,
            {
                "code": np.stack(csarr, axis=1),
                "intervenant": "22",
                "nb_realisations": "01",
                "date_acte": lundi[:, None] + np.arange(3),
                "nb_patients": "01",
                "nb_intervenants": "00",
            },
        ),
        "CSAR": (
            nb_csar,
            {
                "code": "AB012",
                "modulateur_lieu": "L1",
                "intervenant": "22",
                "modalite_collective": "0",
                "modalite_pluriprofessionnelle": "0",
                "nb_realisations": "01",
                "date_acte": lundi,
            },
        ),
        "CCAM": (nb_ccam, acte_ccam(rng, lundi)),
    }
    lignes = rediger("rhs", Texte(version, VERSIONS), nombre, contenus, zones)
    transmettre(depot, site, "smr", "rhs", semaines.reference, lignes, _sales(site.finess))


def _presences(semaines: Lignes, partiel: Tableau) -> Tableau:
    """Return the seven presence flags (bytes) of each week: every day, or the working days of the stay for day care."""
    jours = semaines.debut[:, None] + np.arange(7)
    present = (jours >= semaines.entree[:, None]) & (jours <= semaines.fin[:, None])
    rythme = np.array([[1, 0, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0, 0]], dtype=bool)[semaines.sejour % 2]
    return (present & (~partiel[:, None] | rythme)).astype(np.uint8) + ord("0")


def _sales(finess: str) -> list[tuple[str, str, str]]:
    bonne = (
        f"{'':<10}M1C{finess}M0C{'9999999'}{'999999992':<20}210803A 1000 01012023{'':<8}01011950129200101012023"
        f"8 {'':<10}0120231111100110150 {'':<16}{'Z501':<8}{'I639':<8}332211000000002"
    ).ljust(187)
    return [
        (bonne[:90], "", "LONGUEUR_INVALIDE"),
        (bonne[:10] + "M1Z" + bonne[13:22] + "M0Z" + bonne[25:], "", "VERSION_INCONNUE"),
        BLANCHE,
    ]
