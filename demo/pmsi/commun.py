"""What the PMSI files share: stays, planted differences with the GAM, transmissions, VID-HOSP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from ..bilan import Difference
from ..calendrier import Calendrier, date_de, numero
from ..colonnes import NUL
from ..depot import Depot
from ..hasard import choisir, generateur, tirer
from ..patients import QUALIFIEE, Patients
from ..profils import SORTE, Etablissement
from ..structures import Structures
from ..venues import Venues
from . import codes
from .largeur import assembler, bouts, constante, date32, dates, etiquettes, jour, ligne, nombre, texte

Tableau = np.ndarray

Sale = tuple[str, str, str]
"""A faulty line: text, column at fault, reason (empty when it is not a reject)."""

VERSIONS_VIDHOSP = ("V013", "V014", "V015")
RANG_CHAMP = {"MCO": 0, "SMR": 1, "PSY": 2, "HAD": 3}


@dataclass
class Sejours:
    """PMSI stays of one champ; every attribute is an array with one value per stay.

    Args:
        venue: row number of the first venue, -1 for a stay that the GAM ignores.
        patient: row number of the patient.
        nda: administrative number (of the first venue).
        entree: day of entry.
        sortie: day of exit, `NUL` while open.
        ordinaire: alone in its venue and out of any series: a difference may be planted on it.
        sans_ipp: no VID-HOSP line.
    """

    venue: Tableau
    patient: Tableau
    nda: Tableau
    entree: Tableau
    sortie: Tableau
    ordinaire: Tableau
    sans_ipp: Tableau

    def __len__(self) -> int:
        """Return the number of stays."""
        return len(self.venue)

    def prendre(self, lignes: Tableau) -> Sejours:
        """Return the stays of the row numbers `lignes`, in that order."""
        return Sejours(**{champ.name: getattr(self, champ.name)[lignes] for champ in fields(self)})

    def ajouter(self, autres: Sejours) -> Sejours:
        """Return these stays followed by others."""
        return Sejours(**{c.name: np.concatenate([getattr(self, c.name), getattr(autres, c.name)]) for c in fields(self)})

    def de_la_venue(self, valeurs: Tableau, defaut: float) -> Tableau:
        """Return per stay a value held by venue, `defaut` for the stays that the GAM ignores."""
        return np.where(self.venue >= 0, valeurs[self.venue], defaut)


@dataclass(frozen=True)
class Contexte:
    """Everything the PMSI files of one establishment are made from.

    Args:
        depot: where to write.
        etablissement: whose stays.
        calendrier: months covered.
        graine: seed.
        venues: its venues.
        patients: its patients.
        structures: its units.
        chirurgie: per venue, whether the stay is grouped in a surgical GHM.
        cumulatif: the last transmission of the year holds the whole year.
        rum_supplementaires: mean number of RUM of a stay beyond the first.
    """

    depot: Depot
    etablissement: Etablissement
    calendrier: Calendrier
    graine: int
    venues: Venues
    patients: Patients
    structures: Structures
    chirurgie: Tableau
    cumulatif: bool
    rum_supplementaires: float

    @property
    def finess(self) -> str:
        """Return the FINESS of the establishment."""
        return self.etablissement.finess

    def hasard(self, sujet: str) -> np.random.Generator:
        """Return the source of randomness of one kind of file."""
        return generateur(self.graine, self.finess, f"pmsi/{sujet}")

    def chemin(self, champ: str, annee: int, mois: int, genre: str) -> str:
        """Return the path of a PMSI file from the landing zone."""
        return f"{self.finess}/pmsi/{champ}/{self.finess}.{annee}.{mois}.{genre}.txt"

    def transmissions(
        self,
        champ: str,
        genre: str,
        reference: Tableau,
        colonnes: Mapping[str, pa.Array],
        expression: str,
        sales: list[Sale] | None = None,
        lignes_par_rangee: Tableau | None = None,
    ) -> None:
        """Write the successive transmissions of one kind of file.

        Args:
            champ: folder.
            genre: kind of file, last part of its name.
            reference: day that decides of the transmission of each row.
            colonnes: columns used by the expression.
            expression: SQL expression of a line.
            sales: faulty lines put at the end of the last file.
            lignes_par_rangee: number of lines that each row gives, 1 by default.
        """
        for annee, mois, (premier, dernier) in periodes(self.calendrier, self.cumulatif):
            gardees = np.flatnonzero((reference >= premier) & (reference <= dernier))
            if not len(gardees):
                continue
            partie = pa.table({nom: colonne.take(pa.array(gardees)) for nom, colonne in colonnes.items()})
            self.depot.lignes_sql(
                self.chemin(champ, annee, mois, genre),
                partie,
                expression,
                f"pmsi/{genre}",
                sales=(sales or []) if dernier == self.calendrier.fin else [],
                nb_lignes=None if lignes_par_rangee is None else int(lignes_par_rangee[gardees].sum()),
            )


def sejours_des_venues(contexte: Contexte, sortes: tuple[int, ...]) -> Sejours:
    """Return the stays of the GAM for some kinds of venue: venues with a stay number in common are one stay."""
    venues = contexte.venues
    lignes = np.flatnonzero(np.isin(venues.sorte, sortes))
    premieres, rang = np.unique(venues.chef_iep[lignes], return_inverse=True)
    nombre_ = len(premieres)
    entree = np.full(nombre_, np.iinfo(np.int64).max)
    sortie = np.full(nombre_, NUL)
    ouvert = np.zeros(nombre_, dtype=bool)
    sortie_connue = venues.jour_sortie[lignes]
    sortie_connue = np.where(sortie_connue > contexte.calendrier.fin, NUL, sortie_connue)
    np.minimum.at(entree, rang, venues.jour_entree[lignes])
    np.maximum.at(sortie, rang, sortie_connue)
    np.logical_or.at(ouvert, rang, sortie_connue == NUL)
    chef = lignes[np.searchsorted(venues.iep[lignes], premieres)]
    seance = np.isin(venues.sorte[chef], [SORTE[s] for s in ("dialyse", "chimiotherapie", "radiotherapie")])
    return Sejours(
        venue=chef,
        patient=venues.patient[chef],
        nda=premieres,
        entree=entree,
        sortie=np.where(ouvert, NUL, sortie),
        ordinaire=(np.bincount(rang, minlength=nombre_) == 1) & ~seance,
        sans_ipp=np.zeros(nombre_, dtype=bool),
    )


def planter(contexte: Contexte, champ: str, sejours: Sejours, ouverts_compris: bool, par_vidhosp: bool) -> Sejours:
    """Return the stays as the PMSI knows them: those of the GAM but for a few planted differences, which are noted.

    Args:
        contexte: what the files are made from.
        champ: MCO, SMR, PSY or HAD.
        sejours: stays of the GAM.
        ouverts_compris: the file also has the stays not finished.
        par_vidhosp: the IPP comes from VID-HOSP.
    """
    rng = contexte.hasard(f"differences/{champ}")
    noter = contexte.depot.bilan.differences
    finess = contexte.finess

    def differer(lignes: Tableau, nature: str) -> None:
        noter.extend(Difference(finess, champ, f"{nda:09d}", nature) for nda in sejours.nda[lignes].tolist())

    ouverts = sejours.sortie == NUL
    recents = (sejours.entree >= contexte.calendrier.debut) & (sejours.sortie < contexte.calendrier.fin)
    candidats = np.flatnonzero(~ouverts & sejours.ordinaire & recents)
    part = max(1, round(len(candidats) * 0.0015))
    tires = rng.permutation(candidats)
    seul_gam, decales, sans_ipp = (np.sort(tires[k * part : (k + 1) * part]) for k in range(3))
    differer(seul_gam, "SEUL_GAM")
    differer(decales, "DATES")
    sejours.sortie[decales] += 1
    if par_vidhosp:
        differer(sans_ipp, "SANS_IPP")
        sejours.sans_ipp[sans_ipp] = True
    regroupes = np.flatnonzero(~sejours.ordinaire) if champ == "PSY" else np.zeros(0, dtype=int)
    differer(regroupes, "IEP_REGROUPES")
    garde = np.ones(len(sejours), dtype=bool)
    garde[seul_gam] = False
    if not ouverts_compris:
        differer(np.flatnonzero(ouverts), "EN_COURS")
        garde &= ~ouverts
    # Stays that the GAM export lost: like another stay, under a number of their own.
    modeles = sejours.prendre(tires[3 * part : 4 * part])
    modeles.venue[:] = -1
    modeles.nda = modeles.nda // 10_000_000 * 10_000_000 + 9_000_000 + RANG_CHAMP[champ] * 100_000
    modeles.nda += np.arange(len(modeles))
    noter.extend(Difference(finess, champ, f"{nda:09d}", "SEUL_PMSI") for nda in modeles.nda.tolist())
    return sejours.prendre(np.flatnonzero(garde)).ajouter(modeles)


def ecrire_vidhosp(contexte: Contexte, champ: str, sejours: Sejours) -> None:
    """Write the VID-HOSP files of one champ: in MCO and SMR, the only link from the NDA to the IPP."""
    rng = contexte.hasard(f"vidhosp/{champ}")
    patients, calendrier = contexte.patients, contexte.calendrier
    lignes = np.flatnonzero(~sejours.sans_ipp)
    # A change of insurance during the stay gives a second line for the same NDA.
    doubles = lignes[tirer(rng, 0.004, len(lignes))]
    lignes = np.sort(np.concatenate([lignes, doubles]))
    nombre_ = len(lignes)
    patient, sortie = sejours.patient[lignes], sejours.sortie[lignes]
    reference = np.where(sortie == NUL, calendrier.fin, np.minimum(sortie, calendrier.fin))
    version = np.searchsorted([numero_de(2022, 3), numero_de(2025, 3)], reference, side="right")
    version = np.where(tirer(rng, 0.02, nombre_), rng.integers(0, 3, nombre_), version)
    matricule = patients.matricule[patient].astype("S15")
    sans_nir = (matricule == b"") | tirer(rng, 0.002, nombre_)
    octets = matricule.view(np.uint8).reshape(nombre_, 15)
    cle = np.ascontiguousarray(np.where(octets == 0, 48, octets)[:, 13:15]).astype(np.uint8).reshape(-1).view("S2")
    qualifie = (patients.statut[patient] == QUALIFIEE) & (patients.oid[patient] >= 0)
    naissance = np.where(tirer(rng, 0.001, nombre_), b"XXXXXXXX", dates(patients.naissance[patient]))
    colonnes = {
        "nir": bouts(assembler([(np.where(sans_nir, b"X" * 13, matricule.astype("S13")), 13)])),
        "cle": bouts(assembler([(np.where(sans_nir, b"XX", cle), 2)])),
        "naissance": bouts(naissance),
        "sexe": etiquettes(np.minimum(patients.sexe[patient], 1), "12"),
        "nda": pa.array(sejours.nda[lignes]),
        "version": etiquettes(version, VERSIONS_VIDHOSP),
        "entree": date32(sejours.entree[lignes]),
        "sortie": date32(sortie),
        "ipp": pa.array(patients.ipp[patient]),
        "ins": bouts(assembler([(np.where(qualifie, matricule, b""), 15)])),
        "disciplines": pa.array(choisir(rng, (3, 92, 5), nombre_).astype(np.int64)),
    }
    contexte.transmissions(
        champ, "vidhosp", reference, colonnes, _ligne_vidhosp(contexte.finess), _sales_vidhosp(contexte.finess)
    )


def ecrire_hosp_pmsi(contexte: Contexte, champ: str, numeros: Tableau, sejours: Sejours) -> None:
    """Write the HOSP-PMSI file of one champ: PMSI stay number (20 columns), NDA (20 columns).

    Args:
        contexte: what the files are made from.
        champ: folder.
        numeros: stay numbers, as Arrow strings.
        sejours: the stays, in the same order.
    """
    relation = pa.table({"numero": numeros, "nda": pa.array(sejours.nda)})
    expression = ligne(40, [texte(1, 20, "numero"), texte(21, 20, "lpad(nda::varchar, 9, '0')")])
    fin = date_de(contexte.calendrier.fin)
    contexte.depot.lignes_sql(contexte.chemin(champ, fin.year, fin.month, "hosppmsi"), relation, expression, "pmsi/hosppmsi")


def periodes(calendrier: Calendrier, cumulatif: bool) -> list[tuple[int, int, tuple[int, int]]]:
    """Return the transmissions: (year, month, days covered); in the last year, one at mid-year, then the whole year.

    Args:
        calendrier: months covered.
        cumulatif: the last transmission holds the whole year, not only what follows the mid-year one.
    """
    fin = date_de(calendrier.fin)
    resultat = [
        (annee, 12, (numero_de(annee, 1), numero_de(annee + 1, 1) - 1))
        for annee in range(date_de(calendrier.origine).year, fin.year)
    ]
    debut = numero_de(fin.year, 1)
    moitie = fin.month // 2
    if moitie:
        coupure = numero_de(fin.year, moitie + 1) - 1
        resultat.append((fin.year, moitie, (debut, coupure)))
        debut = debut if cumulatif else coupure + 1
    return [*resultat, (fin.year, fin.month, (debut, calendrier.fin))]


def numero_de(annee: int, mois: int) -> int:
    """Return the number of the first day of a month."""
    return numero(date_de(0).replace(year=annee, month=mois))


def diagnostics(rng: np.random.Generator, nombre_: int, poids: tuple[float, ...]) -> tuple[Tableau, pa.Array]:
    """Return the number of diagnoses of each line, and codes of 8 characters for the longest list, end to end."""
    combien = choisir(rng, poids, nombre_)
    return combien, bouts(codes.CIM8[rng.integers(0, len(codes.CIM8), (nombre_, max(1, len(poids) - 1)))])


def acte_ccam(rng: np.random.Generator, jours: Tableau) -> pa.Array:
    """Return one CCAM act of 23 characters per line (SMR, HAD, PSY)."""
    nombre_ = len(jours)
    ccam = np.array(codes.ACTES_AUTRES, dtype="S7")[rng.integers(0, len(codes.ACTES_AUTRES), nombre_)]
    return bouts(
        assembler(
            [
                (dates(jours), 8),
                (ccam, 7),
                (np.full(nombre_, b"   "), 3),
                (np.full(nombre_, b"01 "), 3),
                (np.full(nombre_, b"01"), 2),
            ]
        )
    )


def _ligne_vidhosp(finess: str) -> str:
    """Return the SQL expression of a VID-HOSP line: V013 lacks 16 columns, V015 has 3 more per discipline."""
    tete = [
        texte(1, 13, "nir"),
        texte(14, 2, "cle"),
        constante(16, "0110"),
        texte(20, 8, "naissance"),
        texte(28, 1, "sexe"),
        texte(29, 20, "lpad(nda::varchar, 9, '0')"),
        texte(49, 4, "version"),
        constante(53, finess),
        constante(77, "0"),
        constante(79, "10"),
        constante(83, "1"),
        constante(85, "00001" + "0" * 20 + "0000100000" + "0000" + "0000100000" + "10000" + "0"),
        jour(162, "entree"),
        constante(170, "0" * 10),
        nombre(181, 9, "nda"),
        constante(191, "000"),
        constante(194, "2910000"),
        constante(251, "2"),
        jour(275, "entree"),
        jour(283, "sortie"),
        constante(291, "000000000"),
        constante(348, "199FRA"),
        texte(354, 20, "lpad(ipp::varchar, 8, '0')"),
    ]
    periode = "strftime(entree, '%d%m%Y') || strftime(coalesce(sortie, entree), '%d%m%Y')"
    quantite = "case when version::varchar = 'V015' then '001' else '' end"
    zone = f"('10003' || {periode} || {quantite} || '000000000000000' || '10000000000')"
    return (
        f"({ligne(373, tete)}) || case when version::varchar = 'V013' then repeat(' ', 77)"
        f" else rpad(ins, 15, ' ') || repeat(' ', 78) end"
        f" || lpad(disciplines::varchar, 2, '0') || repeat({zone}, disciplines)"
    )


def _sales_vidhosp(finess: str) -> list[Sale]:
    bonne = (" " * 48 + f"V014{finess}").ljust(466) + "00"
    return [
        (bonne[:300], "", "LONGUEUR_INVALIDE"),
        (bonne[:48] + "V009" + bonne[52:], "", "VERSION_INCONNUE"),
        ("", "", ""),
    ]
