"""PSY: RPS (one line per sequence of a stay) and RAA (one line per ambulatory act)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..colonnes import NUL, zeros_devant
from ..hasard import choisir, tirer
from ..profils import SORTE
from . import codes
from .commun import (
    Contexte,
    Sale,
    Sejours,
    acte_ccam,
    diagnostics,
    ecrire_hosp_pmsi,
    numero_de,
    planter,
    sejours_des_venues,
)
from .largeur import Champ, constante, date32, etiquettes, jour, ligne, nombre, texte

Tableau = np.ndarray

PSY = (SORTE["psy_complet"], SORTE["psy_jour"])
FORMES = ("01", "20")
SEQUENCE = 60
"""Longest sequence, in days."""


def ecrire(contexte: Contexte) -> None:
    """Write the PSY files of one establishment."""
    sejours = sejours_des_venues(contexte, PSY)
    if not len(sejours):
        return
    sejours = planter(contexte, "PSY", sejours, ouverts_compris=True, par_vidhosp=False)
    par_nda = contexte.etablissement.profil.pmsi_psy_par_nda
    _rps(contexte, sejours, "PSY" if par_nda else "")
    if par_nda:
        numeros = np.char.add("PSY", zeros_devant(sejours.nda.astype("U9"), 9))
        ecrire_hosp_pmsi(contexte, "psy", pa.array(numeros), sejours)
    _raa(contexte)


def _rps(contexte: Contexte, sejours: Sejours, prefixe: str) -> None:
    """Write the RPS; the stay number is the smallest NDA of the stay, with a prefix when the site numbers apart."""
    rng = contexte.hasard("rps")
    venues, patients, structures = contexte.venues, contexte.patients, contexte.structures
    nb = len(sejours)
    fin = np.where(sejours.sortie == NUL, contexte.calendrier.fin, sejours.sortie)
    morceaux = (fin - sejours.entree) // SEQUENCE + 1
    sejour = np.repeat(np.arange(nb), morceaux)
    rang = np.arange(len(sejour)) - np.repeat(np.cumsum(morceaux) - morceaux, morceaux)
    debut = sejours.entree[sejour] + SEQUENCE * rang
    terme = np.minimum(debut + SEQUENCE - 1, fin[sejour])
    derniere = (rang == morceaux[sejour] - 1) & (sejours.sortie != NUL)[sejour]
    nb_lignes = len(sejour)
    ancienne = debut < numero_de(2022, 3)
    partiel = (sejours.de_la_venue(venues.sorte, PSY[0]) == PSY[1])[sejour]
    patient = sejours.patient[sejour]
    nb_da, da = diagnostics(rng, nb_lignes, (40, 30, 20, 10))
    uf = sejours.de_la_venue(venues.uf, 0).astype(int)[sejour]
    sites = [contexte.etablissement.finess_geo(site) for site in range(3)]
    jours = terme - debut + 1
    colonnes = {
        "ancienne": pa.array(ancienne),
        "site": etiquettes(structures.uf_site[uf], sites),
        "ipp": pa.array(patients.ipp[patient]),
        "naissance": date32(patients.naissance[patient]),
        "sexe": etiquettes(np.minimum(patients.sexe[patient], 1), "12"),
        "cp": etiquettes(patients.ipp[patient] % len(codes.CODES_POSTAUX), codes.CODES_POSTAUX),
        "forme": etiquettes(partiel.astype(int), FORMES),
        "nda": pa.array(sejours.nda[sejour]),
        "entree": date32(sejours.entree[sejour]),
        "sortie": date32(np.where(derniere, sejours.sortie[sejour], NUL)),
        "um": pa.array(structures.uf_code[uf]),
        "debut": date32(debut),
        "terme": date32(terme),
        "jours": pa.array(np.where(partiel, 0, jours)),
        "demi_jours": pa.array(np.where(partiel, jours // 4 + 1, 0)),
        "mode_legal": etiquettes(choisir(rng, (80, 12, 8), nb)[sejour], "137"),
        "dp": etiquettes(choisir(rng, (50, 30, 20), nb)[sejour], ("F322", "F200", "F310")),
        "nb_da": pa.array(nb_da.astype(np.int64)),
        "da": da,
        "nb_ccam": pa.array(tirer(rng, 0.05, nb_lignes).astype(np.int64)),
        "ccam": acte_ccam(rng, debut),
    }
    expression = _ligne_rps(contexte.finess, prefixe)
    reference = np.minimum(np.maximum(debut, contexte.calendrier.origine), contexte.calendrier.fin)
    contexte.transmissions("psy", "rps", reference, colonnes, expression, _sales(contexte.finess))


def _ligne_rps(finess: str, prefixe: str) -> str:
    """Return the SQL expression of a RPS line: P08 has a form of activity on 2 columns, P12 on 4."""

    def fixe(version: str, decalage: int, longueur: int) -> str:
        d = decalage
        champs: list[Champ] = [
            constante(1, finess),
            texte(10, 9, "site"),
            constante(19, version),
            texte(22, 20, "lpad(ipp::varchar, 8, '0')"),
            jour(42, "naissance"),
            texte(50, 1, "sexe"),
            texte(51, 5, "cp"),
            texte(56, 4 + d, "forme"),
            texte(60 + d, 20, f"'{prefixe}' || lpad(nda::varchar, 9, '0')"),
            jour(80 + d, "entree"),
            constante(88 + d, "8"),
            jour(90 + d, "sortie"),
            texte(98 + d, 1, "case when sortie is null then '' else '8' end"),
            nombre(100 + d, 4, "um"),
            constante(104 + d, "99G01"),
            texte(109 + d, 1, "mode_legal"),
            jour(111 + d, "debut"),
            jour(119 + d, "terme"),
            nombre(127 + d, 3, "jours"),
            nombre(130 + d, 3, "demi_jours"),
            constante(133 + d, "000111121"),
            texte(143 + d, 8, "dp"),
            nombre(151 + d, 2, "nb_da"),
            nombre(153 + d, 2, "nb_ccam"),
        ]
        return ligne(longueur, champs)

    return (
        f"case when ancienne then {fixe('P08', -2, 152)} else {fixe('P12', 0, 154)} end"
        " || left(da, 8 * nb_da) || left(ccam, 23 * nb_ccam)"
    )


def _raa(contexte: Contexte) -> None:
    """Write the ambulatory acts of the consultations given in the psychiatric services."""
    rng = contexte.hasard("raa")
    venues, patients, structures = contexte.venues, contexte.patients, contexte.structures
    services = np.unique(structures.uf_service[np.isin(structures.uf_sorte, PSY)])
    lignes = np.flatnonzero(
        (venues.sorte == SORTE["externe"]) & np.isin(structures.uf_service[venues.uf], services) & tirer(rng, 0.95, len(venues))
    )
    if not len(lignes):
        return
    nb = len(lignes)
    patient, jours = venues.patient[lignes], venues.jour_entree[lignes]
    nb_da, da = diagnostics(rng, nb, (50, 30, 20))
    sites = [contexte.etablissement.finess_geo(site) for site in range(3)]
    colonnes = {
        "ancienne": pa.array(jours < numero_de(2022, 3)),
        "site": etiquettes(structures.uf_site[venues.uf[lignes]], sites),
        "ipp": pa.array(patients.ipp[patient]),
        "naissance": date32(patients.naissance[patient]),
        "sexe": etiquettes(np.minimum(patients.sexe[patient], 1), "12"),
        "cp": etiquettes(patients.ipp[patient] % len(codes.CODES_POSTAUX), codes.CODES_POSTAUX),
        "forme": etiquettes(choisir(rng, (70, 20, 10), nb), ("30", "31", "32")),
        "um": pa.array(structures.uf_code[venues.uf[lignes]]),
        "jour": date32(jours),
        "nature": etiquettes(choisir(rng, (80, 12, 8), nb), "EDG"),
        "intervenant": etiquettes(choisir(rng, (45, 40, 15), nb), "MIP"),
        "nb_da": pa.array(nb_da.astype(np.int64)),
        "da": da,
    }

    def fixe(version: str, longueur: int, forme: int, nature: int, modalite: str) -> str:
        # P09 has shorter form of activity and nature, and no modality.
        p = 56 + forme
        q = p + 18 + nature
        r = q + 3 + len(modalite)
        return ligne(
            longueur,
            [
                constante(1, contexte.finess),
                texte(10, 9, "site"),
                constante(19, version),
                texte(22, 20, "lpad(ipp::varchar, 8, '0')"),
                jour(42, "naissance"),
                texte(50, 1, "sexe"),
                texte(51, 5, "cp"),
                texte(56, forme, "forme"),
                nombre(p, 4, "um"),
                constante(p + 4, "99G011"),
                jour(p + 10, "jour"),
                texte(p + 18, nature, "nature"),
                constante(q, "L01" + modalite),
                texte(r, 1, "intervenant"),
                constante(r + 1, "1"),
                texte(r + 3, 8, "'F322'"),
                nombre(r + 11, 2, "nb_da"),
            ],
        )

    expression = (
        f"case when ancienne then {fixe('P09', 92, 2, 1, '')} else {fixe('P14', 96, 4, 2, 'P')} end || left(da, 8 * nb_da)"
    )
    contexte.transmissions("psy", "raa", jours, colonnes, expression)


def _sales(finess: str) -> list[Sale]:
    bonne = f"{finess}{finess}P12{'99999999':<20}01011950129200{'01':<4}{'999999993':<20}".ljust(150) + "0000"
    return [(bonne[:100], "", "LONGUEUR_INVALIDE"), (bonne[:18] + "P99" + bonne[21:], "", "VERSION_INCONNUE"), ("", "", "")]
