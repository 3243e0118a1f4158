"""MCO: grouped RSS (one line per RUM), IUM, peritoneal dialysis supplements."""

from typing import Any

import numpy as np

from ..calendrier import numero
from ..hasard import Hasard, choisir, tirer
from ..lignes import NUL, Lignes, Tableau, Texte
from ..site import SORTE, SORTES, Site
from ..structures import uf_de
from ..venues import repeter
from . import sejours as commun
from .lignes import PMSI, Zone, rediger, version_au
from .sejours import CODES, de_la_venue

MCO = [nom for nom, sorte in SORTES.items() if sorte["champ"] == "MCO"]
SEANCES: dict[str, dict[str, Any]] = PMSI["seances"]
NB_ACTES = 3


def ecrire(site: Site) -> None:
    """Write the MCO files of one establishment."""
    sejours = commun.sejours_des_venues(site, MCO)
    if not len(sejours):
        return
    sejours = commun.planter(site, "MCO", sejours, ouverts_compris=False, par_vidhosp=True)
    sejours = sejours.trier("sortie", "nda")
    _rss(site, sejours)
    commun.ecrire_vidhosp(site, "mco", sejours)
    if site.cle == "chu":
        commun.ecrire_hosp_pmsi(site, "mco", (np.arange(len(sejours)) + 1).astype("S7"), sejours)
    _ium(site)
    if "dialyse" in site.volumes:
        _dialyse_peritoneale(site, sejours)


def _rss(site: Site, sejours: Lignes) -> None:
    """Write the RSS; the stays are in order of exit, and the number of a RSS is its rank in the establishment."""
    rng, venues = site.hasard("pmsi/rss"), site.venues
    # A stay unknown to the GAM looks like an ordinary medical one.
    sorte = de_la_venue(sejours, venues.sorte, SORTE["mco_medecine"])
    nb, duree = len(sejours), sejours.sortie - sejours.entree
    sup = np.where(sorte <= SORTE["mco_chirurgie"], rng.poisson(site.taille.rum_supplementaires, nb), 0)
    nb_rum = 1 + np.minimum(np.minimum(sup, duree // 2), 4)
    sejour, rang = repeter(nb_rum)
    opere = de_la_venue(sejours, venues.operee_pmsi, False).astype(bool)
    ghm, dp, dr = _groupage(rng, site, sejours, sorte, opere)
    uf = de_la_venue(sejours, venues.uf, -1)[sejour]
    ailleurs = uf_de(site, sorte[sejour], rng)
    seance = np.isin(sorte, [SORTE[nom] for nom in SEANCES if nom in SORTE])
    nb_seances = de_la_venue(sejours, venues.nb_seances, NUL)
    nb_seances = np.where(seance, np.where(nb_seances == NUL, 1, nb_seances), 0)[sejour]

    nombre = len(sejour)
    nb_da, da = commun.diagnostics(rng, nombre, (12, 18, 22, 20, 14, 9, 5))
    nb_da = np.where(seance[sejour], np.minimum(nb_da, 2) * tirer(rng, 0.4, nombre), nb_da)
    dad = commun.diagnostics(rng, nombre, (88, 9, 3))
    rums = Lignes(nda=sejours.nda[sejour], **commun.identite(site, sejours.patient[sejour]))
    rums.date_entree = sejours.entree[sejour] + duree[sejour] * rang // nb_rum[sejour]
    rums.date_sortie = sejours.entree[sejour] + duree[sejour] * (rang + 1) // nb_rum[sejour]
    actes = _actes(rng, sorte[sejour], opere[sejour] & (rang == 0), rums.date_entree, nb_seances)
    version = version_au("rss", sejours.sortie)
    version = np.where(tirer(rng, 0.01, nb) & (version >= 1), 3, version)[sejour]
    rums.complement = Texte(version, [f"0{v[1:]}" for v in PMSI["versions"]["rss"]["de"]])
    # The third sex exists from format 122 on.
    sexe = site.patients.sexe[sejours.patient[sejour]]
    rums.sexe = Texte(np.where((sexe == 2) & (version < 2), 0, sexe), "123")
    # Entry from another unit or from home; exit as the venue says, home when it does not.
    dernier = rang == nb_rum[sejour] - 1
    mode_sortie = np.maximum(np.where(dernier, de_la_venue(sejours, venues.mode_sortie, 0)[sejour], 2), 0)
    rums.mode_entree = Texte((rang == 0).astype(int), "68")
    rums.provenance = Texte(np.where(rang == 0, -1, 0), "1")
    rums.mode_sortie = Texte(mode_sortie, "87698")
    rums.destination = Texte(np.where((mode_sortie == 1) | (mode_sortie == 2), 0, -1), "1")
    rums.ghm, rums.diagnostic_principal, rums.diagnostic_relie = (c[sejour].astype("S8") for c in (ghm, dp, dr))
    rums.numero_rss, rums.numero_rum = (sejour + 1).astype("S7"), (rang + 1).astype("S2")
    rums.unite_medicale = site.unites.uf[np.where((rang == 0) & (uf >= 0), uf, ailleurs)]
    rums.nb_seances = nb_seances
    zones = {"DAS": (nb_da, da), "DAD": dad, "CCAM": actes}
    reference = np.minimum(sejours.sortie, site.calendrier.fin)[sejour]
    commun.transmettre(site, "mco", "rss", reference, rediger("rss", version, rums, zones))


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
    preparation = de_la_venue(sejours, site.venues.preparation, False).astype(bool)
    for nom, seance in SEANCES.items():
        ici = preparation if nom == "preparation" else sorte == SORTE[nom]
        racines = np.array(list(seance["racines"]))
        ghm = np.where(ici, racines[choisir(rng, list(seance["racines"].values()), nb)], ghm)
        dp, dr = np.where(ici, seance["dp"], dp), np.where(ici, seance["dr"], dr)
    return ghm, np.where(ghm == "28Z17Z", "Z512", dp), dr


def _actes(rng: Hasard, sorte: Tableau, operee: Tableau, jours: Tableau, nb_seances: Tableau) -> Zone:
    """Return the zone of the acts of each RUM: at most `NB_ACTES`."""
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
    actes = Lignes(date_acte=jours, code=np.stack(codes, axis=1), extension_pmsi=np.stack(extensions, axis=1))
    actes.activite = np.where(operee[:, None] & (np.arange(NB_ACTES) == 1), b"4", b"1")
    actes.modificateurs = np.stack(modificateurs, axis=1)
    actes.nb_realisations = np.where(dialyse & (nb_seances > 0), nb_seances, 1)
    return combien, actes


def _ium(site: Site) -> None:
    """Write the units file: unit, geographic FINESS, date of effect, beds, mode."""
    unites = site.unites.prendre(np.isin(site.unites.sorte, [SORTE[nom] for nom in MCO]))
    lignes = Lignes(unite_medicale=unites.uf, finess_geo=Texte(unites.lieu, site.finess_geo))
    lignes.date_effet = np.full(len(unites), numero(2020, 1))
    partielle = np.isin(unites.sorte, [SORTE["ambu_chirurgie"], SORTE["ambu_medecine"]])
    lignes.mode_hospitalisation = Texte(partielle.astype(int), "CP")
    commun.transmettre(site, "mco", "ium", site.calendrier.fin, rediger("ium", np.zeros(len(unites)), lignes))


def _dialyse_peritoneale(site: Site, sejours: Lignes) -> None:
    """Write the supplements for peritoneal dialysis during a medical stay (FICHCOMP, type 07)."""
    medecine = de_la_venue(sejours, site.venues.sorte, -1) == SORTE["mco_medecine"]
    sejours = sejours.prendre(medecine & tirer(site.hasard("pmsi/fichcomp"), 0.03, len(sejours)))
    lignes = Lignes(nda=sejours.nda, date_debut=sejours.entree, date_fin=sejours.sortie)
    lignes.finess_pmsi = Texte(np.zeros(len(sejours), dtype=np.int8), (site.finess,))
    lignes.nb_supplements = np.maximum(1, (sejours.sortie - sejours.entree) // 2)
    commun.transmettre(site, "mco", "fichcomp", sejours.sortie, rediger("fichcomp", np.zeros(len(sejours)), lignes))
