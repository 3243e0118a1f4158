"""SMR: grouped RHS (one line per week and unit of a stay)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..colonnes import NUL
from ..hasard import choisir, tirer
from ..profils import SORTE
from . import codes
from .commun import (
    Contexte,
    Sale,
    Sejours,
    acte_ccam,
    diagnostics,
    ecrire_vidhosp,
    numero_de,
    planter,
    sejours_des_venues,
)
from .largeur import Champ, assembler, bouts, constante, date32, dates, etiquettes, jour, ligne, nombre, texte

Tableau = np.ndarray

SMR = (SORTE["smr_complet"], SORTE["smr_jour"])
VERSIONS = ("M1B", "M1C", "M1D")


def ecrire(contexte: Contexte) -> None:
    """Write the SMR files of one establishment: RHS, and VID-HOSP for the IPP."""
    sejours = sejours_des_venues(contexte, SMR)
    if not len(sejours):
        return
    sejours = planter(contexte, "SMR", sejours, ouverts_compris=True, par_vidhosp=True)
    _rhs(contexte, sejours)
    ecrire_vidhosp(contexte, "smr", sejours)


def _rhs(contexte: Contexte, sejours: Sejours) -> None:
    """Write the RHS; the number of a stay is its rank, and its end is on its last week only."""
    rng = contexte.hasard("rhs")
    venues, patients, structures = contexte.venues, contexte.patients, contexte.structures
    nb = len(sejours)
    fin = np.where(sejours.sortie == NUL, contexte.calendrier.fin, sejours.sortie)
    premier_lundi = sejours.entree - (sejours.entree + 3) % 7
    semaines = (fin - premier_lundi) // 7 + 1
    sejour = np.repeat(np.arange(nb), semaines)
    rang = np.arange(len(sejour)) - np.repeat(np.cumsum(semaines) - semaines, semaines)
    lundi = premier_lundi[sejour] + 7 * rang
    derniere = (rang == semaines[sejour] - 1) & (sejours.sortie != NUL)[sejour]
    nb_lignes = len(sejour)

    annee, semaine = semaine_iso(lundi)
    partiel = sejours.de_la_venue(venues.sorte, SMR[0]) == SMR[1]
    presence = _presences(sejours, sejour, lundi, fin, partiel)
    uf = sejours.de_la_venue(venues.uf, 0).astype(int)
    um = structures.uf_code[uf]
    # A patient moved to the other unit half-way: the week of the move opens a new unit stay.
    autres = np.flatnonzero(np.isin(structures.uf_sorte, SMR))
    bascule = tirer(rng, 0.06, nb) & (semaines >= 3)
    ailleurs = bascule[sejour] & (rang >= semaines[sejour] // 2)
    um_ligne = np.where(ailleurs, structures.uf_code[autres[-1]], um[sejour])
    entree_um = np.where(ailleurs, premier_lundi[sejour] + 7 * (semaines[sejour] // 2), sejours.entree[sejour])
    bornes = [numero_de(2022, 3) - 1, numero_de(2025, 3) + 2]
    version = np.searchsorted(bornes, lundi, side="right")
    version = np.where((tirer(rng, 0.02, nb))[sejour] & (version == 1), 2, version)

    nb_da, da = diagnostics(rng, nb_lignes, (20, 25, 25, 20, 10))
    nb_csarr, csarr = choisir(rng, (30, 30, 25, 15), nb_lignes), _csarr(rng, lundi)
    nb_csar = np.where(version == 2, choisir(rng, (60, 40), nb_lignes), 0)
    patient = sejours.patient[sejour]
    colonnes = {
        "version": etiquettes(version, VERSIONS),
        "numero": pa.array(sejour + 1),
        "nda": pa.array(sejours.nda[sejour]),
        "entree": date32(sejours.entree[sejour]),
        "sortie": date32(np.where(derniere, sejours.sortie[sejour], NUL)),
        "naissance": date32(patients.naissance[patient]),
        "sexe": etiquettes(np.minimum(patients.sexe[patient], 1), "12"),
        "cp": etiquettes(patients.ipp[patient] % len(codes.CODES_POSTAUX), codes.CODES_POSTAUX),
        "hospitalisation": etiquettes(partiel[sejour].astype(int), "12"),
        "entree_um": date32(entree_um),
        "semaine": pa.array(semaine * 10_000 + annee),
        "presence": presence,
        "um": pa.array(um_ligne),
        "nb_da": pa.array(nb_da.astype(np.int64)),
        "da": da,
        "nb_csarr": pa.array(nb_csarr.astype(np.int64)),
        "csarr": csarr,
        "nb_csar": pa.array(nb_csar.astype(np.int64)),
        "csar": _csar(lundi),
        "nb_ccam": pa.array(tirer(rng, 0.15, nb_lignes).astype(np.int64)),
        "ccam": acte_ccam(rng, lundi),
    }
    contexte.transmissions(
        "smr",
        "rhs",
        np.minimum(np.maximum(lundi, contexte.calendrier.origine), contexte.calendrier.fin),
        colonnes,
        _ligne_rhs(contexte.finess),
        _sales(contexte.finess),
    )


def semaine_iso(lundi: Tableau) -> tuple[Tableau, Tableau]:
    """Return the ISO year and week of the Mondays given in day numbers."""
    jeudi = (lundi + 3).astype("datetime64[D]")
    annee = jeudi.astype("datetime64[Y]")
    rang = (jeudi - annee.astype("datetime64[D]")).astype(np.int64)
    return annee.astype(np.int64) + 1970, rang // 7 + 1


def _presences(sejours: Sejours, sejour: Tableau, lundi: Tableau, fin: Tableau, partiel: Tableau) -> pa.Array:
    """Return the seven presence flags of each week: every day, or the working days of the stay for day care."""
    jours = lundi[:, None] + np.arange(7)
    present = (jours >= sejours.entree[sejour][:, None]) & (jours <= fin[sejour][:, None])
    rythme = np.array([[1, 0, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0, 0]], dtype=bool)[sejour % 2]
    present &= ~partiel[sejour][:, None] | rythme
    return bouts((present + 48).astype(np.uint8).reshape(-1).view("S7"))


def _csarr(rng: np.random.Generator, lundi: Tableau) -> pa.Array:
    """Return three CSARR acts of 35 characters per line."""
    nb = len(lundi)
    liste = np.array([b"PER+268", b"PZR+256", b"ALQ+183", b"ZFR+154"])
    actes = [
        assembler(
            [
                (liste[rng.integers(0, len(liste), nb)], 7),
                (np.full(nb, b"         22"), 11),
                (np.full(nb, b" 01"), 3),
                (dates(lundi + rang), 8),
                (np.full(nb, b"0100  "), 6),
            ]
        )
        for rang in range(3)
    ]
    return bouts(np.stack(actes, axis=1))


def _csar(lundi: Tableau) -> pa.Array:
    """Return one CSAR act of 30 characters per line."""
    nb = len(lundi)
    return bouts(assembler([(np.full(nb, b"AB012L1     220001"), 18), (dates(lundi), 8), (np.full(nb, b"    "), 4)]))


def _ligne_rhs(finess: str) -> str:
    """Return the SQL expression of a RHS line: M1B lacks column 60 of the grouping, M1D adds CSAR acts."""

    def fixe(decalage: int, longueur: int, compteurs: list[Champ], suite: int) -> str:
        d = decalage
        return ligne(
            longueur,
            [
                texte(11, 3, "version"),
                constante(14, finess),
                texte(23, 3, "'M0' || right(version::varchar, 1)"),
                nombre(26, 7, "numero"),
                texte(33, 20, "lpad(nda::varchar, 9, '0')"),
                constante(53, "210803A"),
                constante(61 + d, "1000"),
                jour(66 + d, "entree"),
                jour(74 + d, "sortie"),
                jour(82 + d, "naissance"),
                texte(90 + d, 1, "sexe"),
                texte(91 + d, 5, "cp"),
                texte(96 + d, 1, "hospitalisation"),
                jour(97 + d, "entree_um"),
                constante(105 + d, "8"),
                jour(107 + d, "sortie"),
                texte(115 + d, 1, "case when sortie is null then '' else '8' end"),
                nombre(117 + d, 6, "semaine"),
                texte(123 + d, 7, "presence"),
                nombre(130 + d, 4, "um"),
                constante(134 + d, "50"),
                texte(153 + d, 8, "'Z501'"),
                texte(161 + d, 8, "'I639'"),
                constante(169 + d, "332211"),
                nombre(175 + d, 2, "nb_da"),
                nombre(177 + d, 3, "nb_csarr"),
                *compteurs,
                constante(suite, "2"),
            ],
        )

    ccam = nombre(180, 2, "nb_ccam")
    m1b = fixe(-1, 186, [nombre(179, 2, "nb_ccam")], 181)
    m1c = fixe(0, 187, [ccam], 182)
    m1d = fixe(0, 190, [nombre(180, 3, "nb_csar"), nombre(183, 2, "nb_ccam")], 185)
    return (
        f"case version::varchar when 'M1B' then {m1b} when 'M1C' then {m1c} else {m1d} end"
        " || left(da, 8 * nb_da) || left(csarr, 35 * nb_csarr) || left(csar, 30 * nb_csar)"
        " || left(ccam, 23 * nb_ccam)"
    )


def _sales(finess: str) -> list[Sale]:
    bonne = (
        f"{'':<10}M1C{finess}M0C{'9999999'}{'999999992':<20}210803A 1000 01012023{'':<8}01011950129200101012023"
        f"8 {'':<10}0120231111100110150 {'':<16}{'Z501':<8}{'I639':<8}332211000000002"
    ).ljust(187)
    return [
        (bonne[:90], "", "LONGUEUR_INVALIDE"),
        (bonne[:10] + "M1Z" + bonne[13:22] + "M0Z" + bonne[25:], "", "VERSION_INCONNUE"),
        ("", "", ""),
    ]
