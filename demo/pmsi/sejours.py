"""What the PMSI files share: stays, planted differences with the GAM, transmissions, VID-HOSP."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ..calendrier import date_de, numero
from ..depot import Difference, Fautive
from ..hasard import Hasard, choisir, tirer
from ..lignes import NUL, Lignes, Tableau, Texte
from ..patients import QUALIFIEE
from ..site import Site
from .lignes import PMSI, Zone, dates, rediger, version_au

CODES: dict[str, list[str]] = {nom: codes.split() for nom, codes in PMSI["codes"].items()}
RANG_CHAMP = {"MCO": 0, "SMR": 1, "PSY": 2, "HAD": 3}


def sejours_des_venues(site: Site, sortes: Sequence[str]) -> Lignes:
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
    sejours = Lignes(venue=chef, patient=venues.patient[chef], nda=premieres, entree=entree, sortie=np.where(ouvert, NUL, sortie))
    sejours.ordinaire = (np.bincount(sejour, minlength=len(premieres)) == 1) & ~venues.serie[chef]
    sejours.sans_ipp = np.zeros(len(premieres), dtype=bool)
    return sejours


def de_la_venue(sejours: Lignes, valeurs: Tableau, defaut: float) -> Tableau:
    """Return per stay a whole number held by venue, a default one for the stays that the GAM ignores."""
    return np.where(sejours.venue >= 0, valeurs[sejours.venue], defaut).astype(np.int64)


def planter(site: Site, champ: str, sejours: Lignes, ouverts_compris: bool, par_vidhosp: bool) -> Lignes:
    """Return the stays as the PMSI knows them: those of the GAM but for a few planted differences, which are noted.

    The file of a champ may have the stays not finished, and have their IPP from VID-HOSP.
    """

    def differer(ndas: Tableau, nature: str) -> None:
        site.depot.bilan.differences.extend(Difference(site.finess, champ, f"{nda:09d}", nature) for nda in ndas.tolist())

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


def identite(site: Site, patient: Tableau) -> dict[str, Any]:
    """Return the fields that say who the patient (row number) is."""
    patients = site.patients.prendre(patient)
    matricule = patients.matricule.astype("S15")
    octets = matricule.view(np.uint8).reshape(len(matricule), 15)
    complet = np.where(octets == 0, ord("0"), octets)
    qui = {"ipp": patients.ipp, "date_naissance": patients.date_naissance, "sexe": Texte(np.minimum(patients.sexe, 1), "12")}
    qui["finess_pmsi"] = Texte(np.zeros(len(patient), dtype=np.int8), (site.finess,))
    qui["code_postal"] = Texte(patients.ipp % len(CODES["postaux"]), CODES["postaux"])
    qui["ins_matricule"], qui["nir"] = matricule, np.ascontiguousarray(complet[:, :13]).view("S13")[:, 0]
    return qui | {"cle_nir": np.ascontiguousarray(complet[:, 13:]).view("S2")[:, 0]}


def diagnostics(rng: Hasard, nombre: int, poids: Sequence[float]) -> Zone:
    """Return a zone of diagnoses."""
    combien = choisir(rng, poids, nombre)
    codes = np.array(CODES["cim"], dtype="S8")[rng.integers(0, len(CODES["cim"]), (nombre, max(1, len(poids) - 1)))]
    return combien, Lignes(code=codes)


def acte_ccam(rng: Hasard, chance: float, jours: Tableau) -> Zone:
    """Return a zone of at most one CCAM act per line (SMR, HAD, PSY), on its day."""
    combien = tirer(rng, chance, len(jours)).astype(np.int64)
    return combien, Lignes(date_acte=jours, code=Texte(rng.integers(0, len(CODES["actes"]), len(jours)), CODES["actes"]))


def transmettre(site: Site, champ: str, genre: str, reference: Tableau | int, lignes: pa.Array) -> None:
    """Write the successive transmissions of one kind of file, with its faulty lines at the end of the last one.

    A day of reference decides of the transmission of each line; it may be that of all.
    """
    fin, origine = date_de(site.calendrier.fin), date_de(site.calendrier.origine)
    periodes = [(annee, 12, numero(annee, 1), numero(annee, 13) - 1) for annee in range(origine.year, fin.year)]
    de = np.broadcast_to(reference, len(lignes))
    # In the last year, one transmission at mid-year, then the whole year or what follows.
    debut, moitie = numero(fin.year, 1), fin.month // 2
    if moitie:
        coupure = numero(fin.year, moitie + 1) - 1
        periodes.append((fin.year, moitie, debut, coupure))
        debut = debut if site.taille.pmsi_cumulatif else coupure + 1
    for annee, mois, premier, dernier in [*periodes, (fin.year, fin.month, debut, site.calendrier.fin)]:
        gardees = lignes.take(pa.array(np.flatnonzero((de >= premier) & (de <= dernier))))
        if len(gardees) or (np.isscalar(reference) and dernier == site.calendrier.fin):
            chemin = f"{site.finess}/pmsi/{champ}/{site.finess}.{annee}.{mois}.{genre}.txt"
            fautes = _fautives(genre, site.finess) if dernier == site.calendrier.fin else []
            site.depot.lignes(chemin, gardees, f"pmsi/{genre}", fautes)


def _fautives(genre: str, finess: str) -> list[Fautive]:
    """Return the faulty lines of a kind of file: truncated, of unknown version, blank, with something else wrong."""
    faute = PMSI["fautives"].get(genre)
    if not faute:
        return []
    bonne = faute["bonne"].format(finess=finess).ljust(faute["longueur"]) + faute.get("fin", "")

    def avec(textes: Mapping[int, str]) -> str:
        ligne = bonne
        for debut, texte in textes.items():
            ligne = ligne[: debut - 1] + texte + ligne[debut - 1 + len(texte) :]
        return ligne

    autre = [(avec(faute["version"]), "", "VERSION_INCONNUE")] if "version" in faute else []
    autres = [(avec({debut: texte}), "", motif) for debut, (texte, motif) in faute.get("autres", {}).items()]
    return [(bonne[: faute["coupe"]], "", "LONGUEUR_INVALIDE"), *autre, ("", "", ""), *autres]


def ecrire_hosp_pmsi(site: Site, champ: str, numeros: Tableau, sejours: Lignes) -> None:
    """Write the HOSP-PMSI file of one champ: the number (bytes) of each stay in the PMSI, and its NDA."""
    liens = Lignes(numero_sejour=numeros, nda=sejours.nda)
    transmettre(site, champ, "hosppmsi", site.calendrier.fin, rediger("hosp_pmsi", np.zeros(len(liens)), liens))


def ecrire_vidhosp(site: Site, champ: str, sejours: Lignes) -> None:
    """Write the VID-HOSP files of one champ: in MCO and SMR, the only link from the NDA to the IPP."""
    rng, patients = site.hasard(f"pmsi/vidhosp/{champ}"), site.patients
    rangs = np.flatnonzero(~sejours.sans_ipp)
    # A change of insurance during the stay gives a second line for the same NDA.
    sejours = sejours.prendre(np.sort(np.concatenate([rangs, rangs[tirer(rng, 0.004, len(rangs))]])))
    nombre, patient = len(sejours), sejours.patient
    reference = np.where(sejours.sortie == NUL, site.calendrier.fin, np.minimum(sejours.sortie, site.calendrier.fin))
    version = version_au("vidhosp", reference)
    version = np.where(tirer(rng, 0.02, nombre), rng.integers(0, 3, nombre), version)
    lignes = Lignes(nda=sejours.nda, **identite(site, patient))
    sans_nir = (lignes.ins_matricule == b"") | tirer(rng, 0.002, nombre)
    lignes.nir = np.where(sans_nir, b"X" * 13, lignes.ins_matricule.astype("S13"))
    lignes.cle_nir = np.where(sans_nir, b"XX", lignes.cle_nir)
    qualifie = (patients.statut_identite[patient] == QUALIFIEE) & (patients.ins_oid[patient] >= 0)
    lignes.ins_matricule = np.where(qualifie, lignes.ins_matricule, b"")
    lignes.date_naissance = np.where(tirer(rng, 0.001, nombre), b"X" * 8, dates(lignes.date_naissance))
    lignes.numero_entree = sejours.nda
    lignes.date_entree = lignes.date_hospitalisation = sejours.entree
    lignes.date_sortie = sejours.sortie
    fin = np.where(sejours.sortie == NUL, sejours.entree, sejours.sortie)
    disciplines = Lignes(date_debut=np.stack([sejours.entree] * 2, axis=1), date_fin=fin)
    zones = {"DMT": (choisir(rng, (3, 92, 5), nombre), disciplines)}
    transmettre(site, champ, "vidhosp", reference, rediger("vidhosp", version, lignes, zones))


def en_bytes(prefixe: str, nombres: Tableau, largeur: int) -> Tableau:
    """Return identifiers as byte strings: a prefix and a number with zeros before it."""
    return np.array([f"{prefixe}{nombre:0{largeur}d}" for nombre in nombres.tolist()], dtype="S20")
