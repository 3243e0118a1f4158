"""Stays told part by part: RHS (SMR, one line per week), RPSS (HAD, per sub-sequence), RPS (PSY, per sequence)."""

import numpy as np

from ..hasard import choisir, tirer
from ..lignes import NUL, Lignes, Tableau, Texte
from ..site import SORTE, Site
from ..venues import PSY, repeter
from . import sejours as commun
from .lignes import PMSI, rediger, version_au
from .sejours import CODES, de_la_venue

SMR = ("smr_complet", "smr_jour")


def ecrire(site: Site) -> None:
    """Write the SMR, HAD and PSY files; the number of a PSY stay is its NDA, unless the establishment numbers them apart."""
    smr, had, psy = (commun.sejours_des_venues(site, sortes) for sortes in (SMR, ("had",), PSY))
    if len(smr):
        smr = commun.planter(site, "SMR", smr, ouverts_compris=True, par_vidhosp=True)
        _rhs(site, smr)
        commun.ecrire_vidhosp(site, "smr", smr)
    if len(had):
        had = commun.planter(site, "HAD", had, ouverts_compris=True, par_vidhosp=False)
        numeros = commun.en_bytes("HAD", np.arange(len(had)) + 1, 7)
        _rpss(site, had, numeros)
        commun.ecrire_hosp_pmsi(site, "had", numeros, had)
        commun.ecrire_vidhosp(site, "had", had)
    if len(psy):
        psy = commun.planter(site, "PSY", psy, ouverts_compris=True, par_vidhosp=False)
        numeros = commun.en_bytes("PSY" if site.profil["psy_numerote"] else "", psy.nda, 9)
        _rps(site, psy, numeros)
        if site.profil["psy_numerote"]:
            commun.ecrire_hosp_pmsi(site, "psy", numeros, psy)


def _decouper(site: Site, sejours: Lignes, pas: int, depart: Tableau) -> Lignes:
    """Cut stays in parts of so many days from given ones; an open stay lasts until the last day known.

    Per part, beside the fields that all the formats have: sejour (row number), rang (from 0), combien (parts of the stay), debut
    and terme, derniere (and the stay is over), fin (of the stay), reference (day that decides of the file).
    """
    calendrier = site.calendrier
    fin = np.where(sejours.sortie == NUL, calendrier.fin, sejours.sortie)
    nombres = (fin - depart) // pas + 1
    sejour, rang = repeter(nombres)
    debut = depart[sejour] + pas * rang
    derniere = (rang == nombres[sejour] - 1) & (sejours.sortie != NUL)[sejour]
    parties = Lignes(sejour=sejour, rang=rang, debut=debut, derniere=derniere, **commun.identite(site, sejours.patient[sejour]))
    parties.combien, parties.fin, parties.terme = nombres[sejour], fin[sejour], np.minimum(debut + pas - 1, fin[sejour])
    parties.reference = np.clip(debut, calendrier.origine, calendrier.fin)
    parties.nda, parties.date_entree = sejours.nda[sejour], sejours.entree[sejour]
    parties.date_sortie = np.where(derniere, sejours.sortie[sejour], NUL)
    parties.mode_sortie = Texte(np.where(derniere, 0, -1), "8")
    uf = de_la_venue(sejours, site.venues.uf, 0)[sejour]
    parties.finess_geo, parties.unite_medicale = Texte(site.unites.lieu[uf], site.finess_geo), site.unites.uf[uf]
    return parties


def _rhs(site: Site, sejours: Lignes) -> None:
    """Write the RHS; the number of a stay is its rank, and its end is on its last week only."""
    rng, nb = site.hasard("pmsi/rhs"), len(sejours)
    premier_lundi = sejours.entree - (sejours.entree + 3) % 7
    semaines = _decouper(site, sejours, 7, premier_lundi)
    sejour, lundi, nombre = semaines.sejour, semaines.debut, len(semaines)
    # A patient moved to the other unit half-way: the week of the move opens a new unit stay.
    moitie = semaines.combien // 2
    ailleurs = tirer(rng, 0.06, nb)[sejour] & (semaines.combien >= 3) & (semaines.rang >= moitie)
    autre = np.flatnonzero(np.isin(site.unites.sorte, [SORTE[nom] for nom in SMR]))[-1]
    semaines.unite_medicale = np.where(ailleurs, site.unites.uf[autre], semaines.unite_medicale)
    semaines.date_entree_um = np.where(ailleurs, premier_lundi[sejour] + 7 * moitie, semaines.date_entree)
    semaines.date_sortie_um = semaines.date_sortie
    version = version_au("rhs", lundi)
    version = np.where(tirer(rng, 0.02, nb)[sejour] & (version == 1), 2, version)
    semaines.complement = Texte(version, [f"M0{v[2]}" for v in PMSI["versions"]["rhs"]["de"]])
    da = commun.diagnostics(rng, nombre, (20, 25, 25, 20, 10))
    nb_csarr = choisir(rng, (30, 30, 25, 15), nombre)
    csarr = [np.array(CODES["csarr"], dtype="S7")[rng.integers(0, len(CODES["csarr"]), nombre)] for _ in range(3)]
    nb_csar = np.where(version == 2, choisir(rng, (60, 40), nombre), 0)
    jeudi = (lundi + 3).astype("datetime64[D]")
    annee = jeudi.astype("datetime64[Y]")
    rang_semaine = (jeudi - annee.astype("datetime64[D]")).astype(np.int64) // 7 + 1
    semaines.semaine = rang_semaine * 10_000 + annee.astype(np.int64) + 1970
    semaines.numero_sejour = sejour + 1
    partiel = (de_la_venue(sejours, site.venues.sorte, SORTE[SMR[0]]) == SORTE[SMR[1]])[sejour]
    semaines.type_hospitalisation = Texte(partiel.astype(int), "12")
    # Every day of the stay, or some of the working days for day care.
    jours = lundi[:, None] + np.arange(7)
    rythme = np.array([[1, 0, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0, 0]], dtype=bool)[sejour % 2]
    present = (jours >= semaines.date_entree[:, None]) & (jours <= semaines.fin[:, None]) & (~partiel[:, None] | rythme)
    drapeaux = present.astype(np.uint8) + ord("0")
    semaines.presence_semaine = np.ascontiguousarray(drapeaux[:, :5]).view("S5")[:, 0]
    semaines.presence_week_end = np.ascontiguousarray(drapeaux[:, 5:]).view("S2")[:, 0]
    zones = {"DA": da, "CSARR": (nb_csarr, Lignes(code=np.stack(csarr, axis=1), date_acte=jours[:, :3]))}
    zones |= {"CSAR": (nb_csar, Lignes(date_acte=lundi)), "CCAM": commun.acte_ccam(rng, 0.15, lundi)}
    commun.transmettre(site, "smr", "rhs", semaines.reference, rediger("rhs", version, semaines, zones))


def _rpss(site: Site, sejours: Lignes, numeros: Tableau) -> None:
    rng = site.hasard("pmsi/rpss")
    parties = _decouper(site, sejours, 7, sejours.entree)
    debut, terme, nombre = parties.debut, parties.terme, len(parties)
    da = commun.diagnostics(rng, nombre, (30, 35, 25, 10))
    nb_dcmpa = tirer(rng, 0.3, nombre).astype(np.int64)
    dc = commun.diagnostics(rng, nombre, (1, 1, 1))[1].code
    # Two tariff zones when the dependence changed during the week.
    tarifs = np.where((terme - debut >= 4) & tirer(rng, 0.2, nombre), 2, 1)
    jours, deux = terme - debut + 1, tarifs == 2
    nb_dcmpp = choisir(rng, (50, 50), nombre)
    parties.numero_sejour = numeros[parties.sejour]
    parties.date_debut_sequence, parties.date_fin_sequence = parties.date_entree, parties.fin
    parties.date_debut_sous_sequence, parties.date_fin_sous_sequence = debut, terme
    parties.numero_sous_sequence = parties.rang + 1
    parties.derniere_sous_sequence = Texte(np.where(parties.derniere, 0, 1), "12")
    parties.mode_prise_en_charge_associe = Texte(nb_dcmpa, ("00", "09"))
    zones = {"DCMPP": (nb_dcmpp, Lignes(code=dc[:, 0])), "DCMPA": (nb_dcmpa, Lignes(code=dc[np.arange(nombre), nb_dcmpp]))}
    zones |= {"DA": da, "CCAM": commun.acte_ccam(rng, 0.1, debut)}
    groupage, tarif = Lignes(nb_zones_tarifaires=tarifs), Lignes(date_debut=np.stack([debut, debut + 3], axis=1))
    tarif.date_fin = np.stack([np.where(deux, debut + 2, terme), terme], axis=1)
    tarif.nb_jours = np.stack([np.where(deux, 3, jours), jours - 3], axis=1)
    zones |= {"GROUPAGE": (np.ones(nombre), groupage), "ZONE_TARIFAIRE": (tarifs, tarif)}
    commun.transmettre(site, "had", "rpss", parties.reference, rediger("rpss", version_au("rpss", debut), parties, zones))


def _rps(site: Site, sejours: Lignes, numeros: Tableau) -> None:
    rng, nb = site.hasard("pmsi/rps"), len(sejours)
    parties = _decouper(site, sejours, 60, sejours.entree)
    sejour, debut = parties.sejour, parties.debut
    partiel = (de_la_venue(sejours, site.venues.sorte, SORTE[PSY[0]]) == SORTE[PSY[1]])[sejour]
    jours = parties.terme - debut + 1
    da = commun.diagnostics(rng, len(parties), (40, 30, 20, 10))
    parties.forme_activite = Texte(partiel.astype(int), ("01", "20"))
    parties.numero_sejour = numeros[sejour]
    parties.date_debut_sequence, parties.date_fin_sequence = debut, parties.terme
    parties.nb_jours_presence = np.where(partiel, 0, jours)
    parties.nb_demi_journees_presence = np.where(partiel, jours // 4 + 1, 0)
    parties.mode_legal_soins = Texte(choisir(rng, (80, 12, 8), nb)[sejour], "137")
    parties.diagnostic_principal = Texte(choisir(rng, (50, 30, 20), nb)[sejour], ("F322", "F200", "F310"))
    zones = {"DA": da, "CCAM": commun.acte_ccam(rng, 0.05, debut)}
    commun.transmettre(site, "psy", "rps", parties.reference, rediger("rps", version_au("rps", debut), parties, zones))
