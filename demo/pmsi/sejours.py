"""What the PMSI files share: stays, planted differences with the GAM, transmissions, VID-HOSP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ..bilan import Difference
from ..calendrier import date_de, numero
from ..depot import Depot, Sale
from ..hasard import Hasard, choisir, tirer
from ..lignes import NUL, Lignes, Tableau, Texte
from ..patients import QUALIFIEE
from ..site import DONNEES, Site
from ..venues import repeter
from .lignes import Contenus, dates, rediger

CODES: dict[str, list[str]] = {nom: codes.split() for nom, codes in DONNEES["pmsi"].items()}
RANG_CHAMP = {"MCO": 0, "SMR": 1, "PSY": 2, "HAD": 3}
BLANCHE: Sale = ("", "", "")


def sejours_des_venues(site: Site, *sortes: str) -> Lignes:
    """Return the stays of the GAM for some kinds of venue: venues with a stay number in common are one stay.

    Per stay: venue (row number of the first one, -1 for a stay that the GAM ignores), patient (row number), nda, entree and
    sortie (days, `NUL` while open), ordinaire (alone in its venue and out of any series: a difference may be planted on it),
    sans_ipp (no VID-HOSP line).
    """
    venues = site.venues
    rangs = np.flatnonzero(site.venues_de(*sortes))
    premieres, sejour = np.unique(venues.chef_iep[rangs], return_inverse=True)
    sortie_connue = venues.jour_sortie[rangs]
    sortie_connue = np.where(sortie_connue > site.calendrier.fin, NUL, sortie_connue)
    entree, sortie = np.full(len(premieres), np.iinfo(np.int64).max), np.full(len(premieres), NUL)
    ouvert = np.zeros(len(premieres), dtype=bool)
    np.minimum.at(entree, sejour, venues.jour_entree[rangs])
    np.maximum.at(sortie, sejour, sortie_connue)
    np.logical_or.at(ouvert, sejour, sortie_connue == NUL)
    chef = rangs[np.searchsorted(venues.iep[rangs], premieres)]
    return Lignes(
        venue=chef,
        patient=venues.patient[chef],
        nda=premieres,
        entree=entree,
        sortie=np.where(ouvert, NUL, sortie),
        ordinaire=(np.bincount(sejour, minlength=len(premieres)) == 1) & ~venues.serie[chef],
        sans_ipp=np.zeros(len(premieres), dtype=bool),
    )


def de_la_venue(sejours: Lignes, valeurs: Tableau, defaut: float) -> Tableau:
    """Return per stay a whole number held by venue, a default one for the stays that the GAM ignores."""
    return np.where(sejours.venue >= 0, valeurs[sejours.venue], defaut).astype(np.int64)


def planter(depot: Depot, site: Site, champ: str, sejours: Lignes, ouverts_compris: bool, par_vidhosp: bool) -> Lignes:
    """Return the stays as the PMSI knows them: those of the GAM but for a few planted differences, which are noted.

    Args:
        depot: where they are noted.
        site: the establishment.
        champ: MCO, SMR, PSY or HAD.
        sejours: stays of the GAM.
        ouverts_compris: the file also has the stays not finished.
        par_vidhosp: the IPP comes from VID-HOSP.
    """

    def differer(ndas: Tableau, nature: str) -> None:
        depot.bilan.differences.extend(Difference(site.finess, champ, f"{nda:09d}", nature) for nda in ndas.tolist())

    ouverts = sejours.sortie == NUL
    recents = (sejours.entree >= site.calendrier.debut) & (sejours.sortie < site.calendrier.fin)
    candidats = np.flatnonzero(~ouverts & sejours.ordinaire & recents)
    part = max(1, round(len(candidats) * 0.0015))
    tires = site.hasard(f"pmsi/differences/{champ}").permutation(candidats)
    seul_gam, decales, sans_ipp = (np.sort(tires[k * part : (k + 1) * part]) for k in range(3))
    differer(sejours.nda[seul_gam], "SEUL_GAM")
    differer(sejours.nda[decales], "DATES")
    sejours.sortie[decales] += 1
    if par_vidhosp:
        differer(sejours.nda[sans_ipp], "SANS_IPP")
        sejours.sans_ipp[sans_ipp] = True
    if champ == "PSY":
        differer(sejours.nda[~sejours.ordinaire], "IEP_REGROUPES")
    garde = np.ones(len(sejours), dtype=bool)
    garde[seul_gam] = False
    if not ouverts_compris:
        differer(sejours.nda[ouverts], "EN_COURS")
        garde &= ~ouverts
    # Stays that the GAM export lost: like another stay, under a number of their own.
    modeles = sejours.prendre(tires[3 * part : 4 * part])
    modeles.venue[:] = -1
    modeles.nda = modeles.nda // 10_000_000 * 10_000_000 + 9_000_000 + RANG_CHAMP[champ] * 100_000 + np.arange(len(modeles))
    differer(modeles.nda, "SEUL_PMSI")
    return Lignes.bout_a_bout(sejours.prendre(garde), modeles)


def decouper(site: Site, sejours: Lignes, pas: int, depart: Tableau) -> Lignes:
    """Cut stays in parts of so many days from given ones; an open stay lasts until the last day known.

    Returns:
        per part: sejour (row number), rang (from 0), combien (parts of the stay), debut and terme, derniere (and the stay is
        over), entree and fin of the stay, sortie (of the stay, on its last part), reference (day that decides of the file).
    """
    calendrier = site.calendrier
    fin = np.where(sejours.sortie == NUL, calendrier.fin, sejours.sortie)
    nombres = (fin - depart) // pas + 1
    sejour, rang = repeter(nombres)
    debut = depart[sejour] + pas * rang
    derniere = (rang == nombres[sejour] - 1) & (sejours.sortie != NUL)[sejour]
    return Lignes(
        sejour=sejour,
        rang=rang,
        combien=nombres[sejour],
        debut=debut,
        terme=np.minimum(debut + pas - 1, fin[sejour]),
        derniere=derniere,
        entree=sejours.entree[sejour],
        fin=fin[sejour],
        sortie=np.where(derniere, sejours.sortie[sejour], NUL),
        reference=np.clip(debut, calendrier.origine, calendrier.fin),
    )


def identite(site: Site, patient: Tableau, code_postal: str | int = "sexe+1") -> dict[str | int, Any]:
    """Return the fields that say who the patient (row number) is; the postal code stands at a place of its own, if any (0)."""
    patients, postaux = site.patients, CODES["postaux"]
    lieu = {code_postal: Texte(patients.ipp[patient] % len(postaux), postaux)} if code_postal else {}
    return {
        "finess_pmsi": site.finess,
        "date_naissance": patients.date_naissance[patient],
        "sexe": Texte(np.minimum(patients.sexe[patient], 1), "12"),
        **lieu,
    }


def diagnostics(rng: Hasard, nombre: int, poids: Sequence[float]) -> tuple[Tableau, Tableau]:
    """Return the number of diagnoses of each line, and the codes of the longest list (one row per line)."""
    combien = choisir(rng, poids, nombre)
    return combien, np.array(CODES["cim"], dtype="S8")[rng.integers(0, len(CODES["cim"]), (nombre, max(1, len(poids) - 1)))]


def acte_ccam(rng: Hasard, jours: Tableau) -> Contenus:
    """Return one CCAM act per line (SMR, HAD, PSY), on its day."""
    actes = CODES["actes"]
    code = Texte(rng.integers(0, len(actes), len(jours)), actes)
    return {"date_acte": jours, "code": code, "phase": "0", "activite": "1", "nb_realisations": "01"}


def transmettre(
    depot: Depot, site: Site, champ: str, genre: str, reference: Tableau, lignes: pa.Array, sales: Sequence[Sale] = ()
) -> None:
    """Write the successive transmissions of one kind of file.

    Args:
        depot: where to write.
        site: the establishment.
        champ: folder.
        genre: kind of file, last part of its name.
        reference: day that decides of the transmission of each line.
        lignes: the lines.
        sales: faulty lines put at the end of the last file.
    """
    fin, origine = date_de(site.calendrier.fin), date_de(site.calendrier.origine)
    periodes = [(annee, 12, numero(annee, 1), numero(annee, 13) - 1) for annee in range(origine.year, fin.year)]
    # In the last year, one transmission at mid-year, then the whole year or what follows.
    debut, moitie = numero(fin.year, 1), fin.month // 2
    if moitie:
        coupure = numero(fin.year, moitie + 1) - 1
        periodes.append((fin.year, moitie, debut, coupure))
        debut = debut if site.taille.pmsi_cumulatif else coupure + 1
    for annee, mois, premier, dernier in [*periodes, (fin.year, fin.month, debut, site.calendrier.fin)]:
        gardees = lignes.take(pa.array(np.flatnonzero((reference >= premier) & (reference <= dernier))))
        if len(gardees):
            chemin = f"{site.finess}/pmsi/{champ}/{site.finess}.{annee}.{mois}.{genre}.txt"
            depot.lignes(chemin, gardees, f"pmsi/{genre}", sales if dernier == site.calendrier.fin else ())


def ecrire_une_fois(depot: Depot, site: Site, champ: str, genre: str, lignes: pa.Array) -> None:
    """Write a file that has no successive transmissions."""
    fin = date_de(site.calendrier.fin)
    chemin = f"{site.finess}/pmsi/{champ}/{site.finess}.{fin.year}.{fin.month}.{genre}.txt"
    depot.lignes(chemin, lignes, f"pmsi/{genre}")


def ecrire_hosp_pmsi(depot: Depot, site: Site, champ: str, numeros: Tableau, sejours: Lignes) -> None:
    """Write the HOSP-PMSI file of one champ: the number (bytes) of each stay in the PMSI, and its NDA."""
    lignes = rediger("hosp_pmsi", "40", len(sejours), {"numero_sejour": numeros, "nda": sejours.nda})
    ecrire_une_fois(depot, site, champ, "hosppmsi", lignes)


def ecrire_vidhosp(depot: Depot, site: Site, champ: str, sejours: Lignes) -> None:
    """Write the VID-HOSP files of one champ: in MCO and SMR, the only link from the NDA to the IPP."""
    rng, patients = site.hasard(f"pmsi/vidhosp/{champ}"), site.patients
    rangs = np.flatnonzero(~sejours.sans_ipp)
    # A change of insurance during the stay gives a second line for the same NDA.
    sejours = sejours.prendre(np.sort(np.concatenate([rangs, rangs[tirer(rng, 0.004, len(rangs))]])))
    nombre, patient = len(sejours), sejours.patient
    reference = np.where(sejours.sortie == NUL, site.calendrier.fin, np.minimum(sejours.sortie, site.calendrier.fin))
    version = np.searchsorted([numero(2022, 3), numero(2025, 3)], reference, side="right")
    version = np.where(tirer(rng, 0.02, nombre), rng.integers(0, 3, nombre), version)
    matricule = patients.matricule[patient].astype("S15")
    sans_nir = (matricule == b"") | tirer(rng, 0.002, nombre)
    qualifie = (patients.statut_identite[patient] == QUALIFIEE) & (patients.ins_oid[patient] >= 0)
    identifie = {
        **identite(site, patient, code_postal=0),
        "ipp": patients.ipp[patient],
        1: np.where(sans_nir, b"X" * 13, matricule.astype("S13")),
        14: np.where(sans_nir, b"XX", cle_nir(matricule)),
        "ins_matricule": np.where(qualifie, matricule, b""),
        "date_naissance": np.where(tirer(rng, 0.001, nombre), b"X" * 8, dates(patients.date_naissance[patient])),
    }
    disciplines = choisir(rng, (3, 92, 5), nombre)
    lignes = rediger(
        "vidhosp",
        Texte(version, ("V013", "V014", "V015")),
        nombre,
        {
            **identifie,
            "nda": sejours.nda,
            "numero_entree": sejours.nda,
            "date_hospitalisation": sejours.entree,
            "date_entree": sejours.entree,
            "date_sortie": sejours.sortie,
            "sejour_facturable": "1",
            "nb_disciplines": disciplines,
            # What socle does not read: insurance, amounts, postal address.
            **{16: "0110", 77: "0", 79: "10", 85: f"00001{'0' * 20}0000100000{'0' * 4}0000100000100000", 170: "0" * 10},
            **{191: "000", 194: "2910000", 251: "2", 291: "0" * 9, 348: "199FRA"},
        },
        {
            "DMT": (
                disciplines,
                {
                    "code": "100",
                    "mode_traitement": "03",
                    "date_debut": np.repeat(sejours.entree[:, None], 2, axis=1),
                    "date_fin": np.where(sejours.sortie == NUL, sejours.entree, sejours.sortie),
                    "quantite": "001",
                    -26: "0" * 15 + "1" + "0" * 10,
                },
            )
        },
    )
    bonne = (" " * 48 + f"V014{site.finess}").ljust(466) + "00"
    sales = [(bonne[:300], "", "LONGUEUR_INVALIDE"), (bonne[:48] + "V009" + bonne[52:], "", "VERSION_INCONNUE"), BLANCHE]
    transmettre(depot, site, champ, "vidhosp", reference, lignes, sales)


def cle_nir(matricule: Tableau) -> Tableau:
    """Return the last two characters of matricules (`S15`), zeros where they are cut."""
    octets = matricule.view(np.uint8).reshape(len(matricule), 15)
    return np.ascontiguousarray(np.where(octets == 0, ord("0"), octets)[:, 13:15]).view("S2")[:, 0]


def en_bytes(prefixe: str, nombres: Tableau, largeur: int) -> Tableau:
    """Return identifiers as byte strings: a prefix and a number with zeros before it."""
    return np.array([f"{prefixe}{nombre:0{largeur}d}" for nombre in nombres.tolist()], dtype="S20")
