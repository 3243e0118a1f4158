"""External consultations: RSF-ACE, one invoice header (A) followed by its lines (B, C, M)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..hasard import choisir, tirer
from ..profils import SORTE
from . import codes
from .commun import Contexte, Sale, numero_de
from .largeur import assembler, bouts, constante, date32, etiquettes, jour, ligne, nombre, texte

Tableau = np.ndarray

CONSULTATIONS = ("CS", "APC", "CNP", "G")
AUTRES = ("ADI", "K", "ATM")
FIN = " || chr(13) || chr(10) || "


def ecrire(contexte: Contexte) -> None:
    """Write the RSF-ACE of one establishment.

    A billed consultation has an invoice with a consultation act. Others have none, a cancelled one, or one that holds
    no consultation. A few invoices bear an entry number of the billing software: only the IPP and the date tell.
    """
    rng = contexte.hasard("ace")
    venues, patients = contexte.venues, contexte.patients
    externe = venues.sorte == SORTE["externe"]
    annulee = externe & ~venues.facturee & tirer(rng, 0.15, len(venues))
    autre_acte = externe & ~venues.facturee & ~annulee & tirer(rng, 0.3, len(venues))
    lignes = np.flatnonzero((externe & venues.facturee) | annulee | autre_acte)
    if not len(lignes):
        return
    nb = len(lignes)
    patient, jours = venues.patient[lignes], venues.jour_entree[lignes]
    matricule = patients.matricule[patient].astype("S15")
    octets = matricule.view(np.uint8).reshape(nb, 15)
    propre = np.where(octets == 0, 48, octets).astype(np.uint8)
    numero = np.where(tirer(rng, 0.03, nb), 900_000_000 + np.arange(nb), venues.iep[lignes])
    acte = np.where(autre_acte[lignes], len(CONSULTATIONS) + choisir(rng, (60, 20, 20), nb), choisir(rng, (55, 20, 10, 15), nb))
    avec_b, avec_m = tirer(rng, 0.1, nb), tirer(rng, 0.25, nb)
    ccam = np.array(codes.ACTES_AUTRES)
    sites = [contexte.etablissement.finess_geo(site) for site in range(3)]
    colonnes = {
        "ancienne": pa.array(jours < numero_de(2022, 3)),
        "site": etiquettes(contexte.structures.uf_site[venues.uf[lignes]], sites),
        "sexe": etiquettes(np.minimum(patients.sexe[patient], 1), "12"),
        "nir": bouts(np.ascontiguousarray(propre[:, :13]).reshape(-1).view("S13")),
        "cle": bouts(np.ascontiguousarray(propre[:, 13:15]).reshape(-1).view("S2")),
        "ins": bouts(assembler([(matricule, 15)])),
        "numero": pa.array(numero),
        "facture": pa.array(np.arange(nb) + 1),
        "operation": etiquettes(np.where(annulee[lignes], 1, 0), "12"),
        "naissance": date32(patients.naissance[patient]),
        "jour": date32(jours),
        "cp": etiquettes(patients.ipp[patient] % len(codes.CODES_POSTAUX), codes.CODES_POSTAUX),
        "ipp": pa.array(patients.ipp[patient]),
        "acte": etiquettes(acte, CONSULTATIONS + AUTRES),
        "specialite": pa.array(rng.integers(1, 40, nb)),
        "ccam": etiquettes(rng.integers(0, len(ccam), nb), codes.ACTES_AUTRES),
        "avec_b": pa.array(avec_b),
        "avec_m": pa.array(avec_m),
    }
    contexte.transmissions(
        "ace",
        "rsface",
        jours,
        colonnes,
        _facture(contexte.finess),
        _sales(contexte.finess),
        lignes_par_rangee=2 + avec_b.astype(int) + avec_m,
    )


def _facture(finess: str) -> str:
    """Return the SQL expression of the lines of one invoice; before March 2022, lines end before the last fields."""
    a = ligne(
        310,
        [
            constante(1, f"A{finess}"),
            texte(11, 9, "site"),
            texte(20, 1, "sexe"),
            texte(21, 1, "sexe"),
            texte(22, 13, "nir"),
            texte(35, 2, "cle"),
            constante(37, "000"),
            nombre(40, 9, "numero"),
            texte(65, 1, "operation"),
            constante(66, "1000"),
            constante(70, "01"),
            constante(74, "01"),
            jour(76, "naissance"),
            constante(84, "1"),
            jour(85, "jour"),
            jour(93, "jour"),
            texte(101, 5, "cp"),
            constante(106, "0" * 16 + "0000250000001750" + "00000750" + "0" * 24),
            constante(171, "0110"),
            constante(203, "00000750" + "0"),
            constante(260, "199FRA"),
            texte(266, 20, "lpad(ipp::varchar, 8, '0')"),
            texte(286, 15, "ins"),
            nombre(302, 9, "facture"),
        ],
    )
    communs = [
        texte(11, 9, "site"),
        texte(20, 13, "nir"),
        texte(33, 2, "cle"),
        constante(35, "000"),
        nombre(38, 9, "numero"),
        constante(62, "07"),
    ]
    c = ligne(
        161,
        [
            constante(1, f"C{finess}"),
            *communs,
            nombre(68, 2, "specialite"),
            jour(70, "jour"),
            texte(78, 5, "acte"),
            constante(83, "00100010001" + "0002500" + "00002500" + "070" + "00001750" + "00002500" + "0000000"),
            constante(148, "10000"),
            nombre(153, 9, "facture"),
        ],
    )
    b = ligne(
        164,
        [
            constante(1, f"B{finess}"),
            *communs,
            constante(64, "000"),
            jour(70, "jour"),
            texte(78, 5, "'FFM'"),
            constante(83, "001000100"),
            constante(93, "10000"),
            constante(100, "0004000" + "00004000" + "100" + "00004000" + "00004000" + "0000000"),
            nombre(156, 9, "facture"),
        ],
    )
    m = ligne(
        137,
        [
            constante(1, f"M{finess}"),
            *communs,
            constante(64, "000"),
            jour(67, "jour"),
            texte(75, 13, "ccam"),
            constante(89, "10"),
            nombre(129, 9, "facture"),
        ],
    )

    def selon(expression: str, ancienne: int) -> str:
        return f"(case when ancienne then left({expression}, {ancienne}) else {expression} end)"

    return (
        f"{selon(a, 285)}{FIN}{selon(c, 152)}"
        f" || case when avec_b then chr(13) || chr(10) || {selon(b, 155)} else '' end"
        f" || case when avec_m then chr(13) || chr(10) || {selon(m, 128)} else '' end"
    )


def _sales(finess: str) -> list[Sale]:
    return [(f"C{finess}{finess}".ljust(140), "", "LONGUEUR_INVALIDE"), ("", "", "")]
