"""MCO: grouped RSS (one line per RUM), IUM, peritoneal dialysis supplements."""

from __future__ import annotations

import numpy as np

from ..calendrier import numero
from ..depot import Depot
from ..hasard import Hasard, choisir, tirer
from ..lignes import NUL, Lignes, Tableau, Texte
from ..site import DONNEES, SORTE, SORTES, Site
from ..structures import uf_de
from ..venues import repeter
from .lignes import Contenus, rediger
from .sejours import (
    BLANCHE,
    CODES,
    de_la_venue,
    diagnostics,
    ecrire_hosp_pmsi,
    ecrire_une_fois,
    ecrire_vidhosp,
    identite,
    planter,
    sejours_des_venues,
    transmettre,
)

MCO = [nom for nom, sorte in SORTES.items() if sorte["champ"] == "MCO"]
SEANCES = DONNEES["seances"]
VERSIONS = ("120", "121", "122", "123")
NB_ACTES = 3


def ecrire(depot: Depot, site: Site) -> None:
    """Write the MCO files of one establishment."""
    sejours = sejours_des_venues(site, *MCO)
    if not len(sejours):
        return
    sejours = planter(depot, site, "MCO", sejours, ouverts_compris=False, par_vidhosp=True)
    sejours = sejours.prendre(np.lexsort((sejours.nda, sejours.sortie)))
    _rss(depot, site, sejours)
    ecrire_vidhosp(depot, site, "mco", sejours)
    if site.cle == "chu":
        ecrire_hosp_pmsi(depot, site, "mco", (np.arange(len(sejours)) + 1).astype("S7"), sejours)
    _ium(depot, site)
    if "dialyse" in site.volumes:
        _dialyse_peritoneale(depot, site, sejours)


def _rss(depot: Depot, site: Site, sejours: Lignes) -> None:
    """Write the RSS; the stays are in order of exit, and the number of a RSS is its rank in the establishment."""
    rng, venues, patients = site.hasard("pmsi/rss"), site.venues, site.patients
    # A stay unknown to the GAM looks like an ordinary medical one.
    sorte = de_la_venue(sejours, venues.sorte, SORTE["mco_medecine"])
    nb, duree = len(sejours), sejours.sortie - sejours.entree
    sup = np.where(sorte <= SORTE["mco_chirurgie"], rng.poisson(site.taille.rum_supplementaires, nb), 0)
    nb_rum = 1 + np.minimum(np.minimum(sup, duree // 2), 4)
    sejour, rang = repeter(nb_rum)
    dernier = rang == nb_rum[sejour] - 1
    entree = sejours.entree[sejour] + duree[sejour] * rang // nb_rum[sejour]
    sortie = sejours.entree[sejour] + duree[sejour] * (rang + 1) // nb_rum[sejour]
    opere = de_la_venue(sejours, venues.operee_pmsi, False).astype(bool)
    ghm, dp, dr = _groupage(rng, site, sejours, sorte, opere)

    uf = de_la_venue(sejours, venues.uf, -1)[sejour]
    ailleurs = uf_de(site, sorte[sejour], rng)
    uf_rum = np.where((rang == 0) & (uf >= 0), uf, ailleurs)
    seance = np.isin(sorte, [SORTE[nom] for nom in SEANCES if nom in SORTE])
    nb_seances = de_la_venue(sejours, venues.nb_seances, NUL)
    nb_seances = np.where(seance, np.where(nb_seances == NUL, 1, nb_seances), 0)[sejour]

    nombre = len(sejour)
    nb_da, da = diagnostics(rng, nombre, (12, 18, 22, 20, 14, 9, 5))
    nb_da = np.where(seance[sejour], np.minimum(nb_da, 2) * tirer(rng, 0.4, nombre), nb_da)
    nb_dad, dad = diagnostics(rng, nombre, (88, 9, 3))
    nb_actes, actes = _actes(rng, sorte[sejour], opere[sejour] & (rang == 0), entree, nb_seances)
    version = np.searchsorted([numero(2022, 3), numero(2023, 3), numero(2026, 1)], sejours.sortie, side="right")
    version = np.where(tirer(rng, 0.01, nb) & (version >= 1), 3, version)[sejour]
    # Entry from another unit or from home; exit as the venue says, home when it does not.
    mode_sortie = np.where(dernier, de_la_venue(sejours, venues.mode_sortie, 0)[sejour], 2)
    sexe = patients.sexe[sejours.patient[sejour]]
    contenus = {
        **identite(site, sejours.patient[sejour], code_postal=113),
        # The third sex exists from format 122 on.
        "sexe": Texte(np.where((sexe == 2) & (version < 2), 0, sexe), "123"),
        "ghm": Texte(*_codes(ghm[sejour])),
        "code_retour": "000",
        "numero_rss": (sejour + 1).astype("S7"),
        "nda": sejours.nda[sejour],
        "numero_rum": (rang + 1).astype("S2"),
        "unite_medicale": site.unites.uf[uf_rum],
        "date_entree": entree,
        "mode_entree": Texte((rang == 0).astype(int), "68"),
        "provenance": Texte(np.where(rang == 0, -1, 0), "1"),
        "date_sortie": sortie,
        "mode_sortie": Texte(np.maximum(mode_sortie, 0), "87698"),
        "destination": Texte(np.where((mode_sortie == 1) | (mode_sortie == 2), 0, -1), "1"),
        "nb_seances": nb_seances,
        "nb_diagnostics_associes": nb_da,
        "nb_donnees_documentaires": nb_dad,
        "nb_actes": nb_actes,
        "diagnostic_principal": Texte(*_codes(dp[sejour])),
        "diagnostic_relie": Texte(*_codes(dr[sejour])),
        **{1: "11", 25: Texte(version, [f"0{v[1:]}" for v in VERSIONS]), 118: "0" * 6, 157: "000"},
        # Radiotherapy and dialysis of format 123: numbers filled with zeros, and blank codes.
        193: " 00   0000000",
    }
    zones = {"DAS": (nb_da, {"code": da}), "DAD": (nb_dad, {"code": dad}), "CCAM": (nb_actes, actes)}
    lignes = rediger("rss", Texte(version, VERSIONS), nombre, contenus, zones)
    reference = np.minimum(sejours.sortie, site.calendrier.fin)[sejour]
    transmettre(depot, site, "mco", "rss", reference, lignes, _sales(site.finess))


def _codes(valeurs: Tableau) -> tuple[Tableau, Tableau]:
    """Return the ranks of texts among the distinct ones, and these."""
    distincts, rangs = np.unique(valeurs, return_inverse=True)
    return rangs, distincts


def _groupage(rng: Hasard, site: Site, sejours: Lignes, sorte: Tableau, opere: Tableau) -> tuple[Tableau, Tableau, Tableau]:
    """Return the GHM (6 characters), the main and the related diagnosis of each stay."""
    nb = len(sejours)

    def parmi(liste: str) -> Tableau:
        return np.array(CODES[liste])[rng.integers(0, len(CODES[liste]), nb)]

    ambu = (sorte == SORTE["ambu_chirurgie"]) | (sorte == SORTE["ambu_medecine"])
    ghm = np.where(ambu, parmi("ghm_ambu_medecine"), parmi("ghm_medecine"))
    ghm = np.where(opere, np.where(ambu, parmi("ghm_ambu_chirurgie"), parmi("ghm_chirurgie")), ghm)
    ghm = np.where(~opere & tirer(rng, 0.003, nb), "90Z00Z", ghm)
    dp, dr = np.where(opere, parmi("dp_chirurgie"), parmi("dp_medecine")), np.full(nb, "", dtype="U8")
    for nom, seance in SEANCES.items():
        est_preparation = de_la_venue(sejours, site.venues.preparation, False).astype(bool)
        ici = est_preparation if nom == "preparation" else sorte == SORTE[nom]
        racines = list(seance["racines"])
        ghm = np.where(ici, np.array(racines)[choisir(rng, list(seance["racines"].values()), nb)], ghm)
        dp, dr = np.where(ici, seance["dp"], dp), np.where(ici, seance["dr"], dr)
    return ghm, np.where(ghm == "28Z17Z", "Z512", dp), dr


def _actes(rng: Hasard, sorte: Tableau, operee: Tableau, jours: Tableau, nb_seances: Tableau) -> tuple[Tableau, Contenus]:
    """Return the number of acts of each RUM, and `NB_ACTES` acts of which it has the first ones."""
    nb = len(sorte)
    dialyse, radio = sorte == SORTE["dialyse"], sorte == SORTE["radiotherapie"]
    seance = dialyse | radio | (sorte == SORTE["chimiotherapie"]) | (sorte == SORTE["transfusion"])
    combien = choisir(rng, (40, 30, 20, 10), nb)
    combien = np.where(operee, np.maximum(combien, 1), np.where(seance, dialyse | radio, combien))
    operations, autres = np.array(CODES["operations"], dtype="S7"), np.array(CODES["actes"], dtype="S7")
    codes, extensions, modificateurs = [], [], []
    for rang in range(NB_ACTES):
        code = autres[rng.integers(0, len(autres), nb)]
        if rang == 0:
            code = np.where(operee, operations[rng.integers(0, len(operations), nb)], code)
            code = np.where(dialyse, b"JVJF004", np.where(radio, b"ZZNL051", code))
        codes.append(code)
        extensions.append(np.where(tirer(rng, 0.08, nb), b"-01", b""))
        modificateurs.append(np.where(tirer(rng, 0.2, nb), b"N", b""))
    return combien, {
        "date_acte": jours,
        "code": np.stack(codes, axis=1),
        "extension_pmsi": np.stack(extensions, axis=1),
        "phase": "0",
        "activite": np.where(operee[:, None] & (np.arange(NB_ACTES) == 1), b"4", b"1"),
        "modificateurs": np.stack(modificateurs, axis=1),
        "nb_realisations": np.where(dialyse & (nb_seances > 0), nb_seances, 1),
    }


def _sales(finess: str) -> list[tuple[str, str, str]]:
    """Return the faulty lines: truncated, of unknown version, blank, with a wrong counter, with an impossible date."""
    bonne = (
        f"1105M092 122000{finess}022{'9999991':<20}{'999999991':<20}{'1':<10}010119501110100010120238 020120238 "
        f"29200000000        000000000{'J189':<8}{'':<8}000"
    ).ljust(192)
    return [
        (bonne[:150], "", "LONGUEUR_INVALIDE"),
        (bonne[:9] + "129" + bonne[12:24] + "029" + bonne[27:], "", "VERSION_INCONNUE"),
        BLANCHE,
        (bonne[:133] + "0X" + bonne[135:], "", "ZONE_INVALIDE"),
        (bonne[:92] + "31022023" + bonne[100:], "", "DATE_INVALIDE"),
    ]


def _ium(depot: Depot, site: Site) -> None:
    """Write the units file: unit, geographic FINESS, date of effect, beds, mode."""
    unites = site.unites.prendre(np.isin(site.unites.sorte, [SORTE[nom] for nom in MCO]))
    partielle = np.isin(unites.sorte, [SORTE["ambu_chirurgie"], SORTE["ambu_medecine"]])
    contenus = {
        "unite_medicale": unites.uf,
        "finess_geo": Texte(unites.lieu, site.finess_geo),
        "date_effet": np.full(len(unites), numero(2020, 1)),
        "nb_lits": "020",
        "mode_hospitalisation": Texte(partielle.astype(int), "CP"),
    }
    ecrire_une_fois(depot, site, "mco", "ium", rediger("ium", "28", len(unites), contenus))


def _dialyse_peritoneale(depot: Depot, site: Site, sejours: Lignes) -> None:
    """Write the supplements for peritoneal dialysis during a medical stay (FICHCOMP, type 07)."""
    medecine = de_la_venue(sejours, site.venues.sorte, -1) == SORTE["mco_medecine"]
    sejours = sejours.prendre(medecine & tirer(site.hasard("pmsi/fichcomp"), 0.03, len(sejours)))
    if not len(sejours):
        return
    contenus = {
        "finess_pmsi": site.finess,
        "nda": sejours.nda,
        "date_debut": sejours.entree,
        "date_fin": sejours.sortie,
        "code": "DIP",
        "nb_supplements": np.maximum(1, (sejours.sortie - sejours.entree) // 2),
    }
    transmettre(depot, site, "mco", "fichcomp", sejours.sortie, rediger("fichcomp", "07", len(sejours), contenus))
