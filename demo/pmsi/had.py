"""HAD: grouped RPSS (one line per sub-sequence), and the link from the HAD stay number to the NDA."""

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
    ecrire_hosp_pmsi,
    ecrire_vidhosp,
    numero_de,
    planter,
    sejours_des_venues,
)
from .largeur import constante, date32, etiquettes, jour, ligne, nombre, texte

Tableau = np.ndarray

VERSIONS = ("H1B", "H1D", "H1F")
PAS = 7
"""Length of a sub-sequence, in days."""


def ecrire(contexte: Contexte) -> None:
    """Write the HAD files of one establishment."""
    sejours = sejours_des_venues(contexte, (SORTE["had"],))
    if not len(sejours):
        return
    sejours = planter(contexte, "HAD", sejours, ouverts_compris=True, par_vidhosp=False)
    _rpss(contexte, sejours)
    numeros = pa.array([f"HAD{rang:07d}" for rang in range(1, len(sejours) + 1)], pa.string())
    ecrire_hosp_pmsi(contexte, "had", numeros, sejours)
    ecrire_vidhosp(contexte, "had", sejours)


def _rpss(contexte: Contexte, sejours: Sejours) -> None:
    rng = contexte.hasard("rpss")
    venues, patients, structures = contexte.venues, contexte.patients, contexte.structures
    nb = len(sejours)
    fin = np.where(sejours.sortie == NUL, contexte.calendrier.fin, sejours.sortie)
    morceaux = (fin - sejours.entree) // PAS + 1
    sejour = np.repeat(np.arange(nb), morceaux)
    rang = np.arange(len(sejour)) - np.repeat(np.cumsum(morceaux) - morceaux, morceaux)
    debut = sejours.entree[sejour] + PAS * rang
    terme = np.minimum(debut + PAS - 1, fin[sejour])
    derniere = (rang == morceaux[sejour] - 1) & (sejours.sortie != NUL)[sejour]
    nb_lignes = len(sejour)
    version = np.searchsorted([numero_de(2023, 1), numero_de(2024, 3)], debut, side="right")
    patient = sejours.patient[sejour]
    nb_da, da = diagnostics(rng, nb_lignes, (30, 35, 25, 10))
    associe = tirer(rng, 0.3, nb_lignes)
    _, dc = diagnostics(rng, nb_lignes, (1, 1, 1))
    # Two tariff zones when the dependence changed during the week.
    zones = np.where((terme - debut >= 4) & tirer(rng, 0.2, nb_lignes), 2, 1)
    uf = sejours.de_la_venue(venues.uf, 0).astype(int)
    sites = [contexte.etablissement.finess_geo(site) for site in range(3)]
    colonnes = {
        "version": etiquettes(version, VERSIONS),
        "site": etiquettes(structures.uf_site[uf][sejour], sites),
        "ipp": pa.array(patients.ipp[patient]),
        "numero": pa.array(sejour + 1),
        "naissance": date32(patients.naissance[patient]),
        "sexe": etiquettes(np.minimum(patients.sexe[patient], 1), "12"),
        "cp": etiquettes(patients.ipp[patient] % len(codes.CODES_POSTAUX), codes.CODES_POSTAUX),
        "entree": date32(sejours.entree[sejour]),
        "sortie": date32(np.where(derniere, sejours.sortie[sejour], NUL)),
        "fin_sequence": date32(fin[sejour]),
        "rang": pa.array(rang + 1),
        "debut": date32(debut),
        "terme": date32(terme),
        "derniere": etiquettes(np.where(derniere, 0, 1), "12"),
        "nb_dcmpp": pa.array(choisir(rng, (50, 50), nb_lignes).astype(np.int64)),
        "nb_dcmpa": pa.array(associe.astype(np.int64)),
        "dc": dc,
        "nb_da": pa.array(nb_da.astype(np.int64)),
        "da": da,
        "nb_ccam": pa.array(tirer(rng, 0.1, nb_lignes).astype(np.int64)),
        "ccam": acte_ccam(rng, debut),
        "zones": pa.array(zones),
        "jours": pa.array(terme - debut + 1),
        "coupure": date32(np.minimum(debut + 2, terme)),
        "reprise": date32(np.minimum(debut + 3, terme)),
    }
    contexte.transmissions(
        "had",
        "rpss",
        np.minimum(np.maximum(debut, contexte.calendrier.origine), contexte.calendrier.fin),
        colonnes,
        _ligne_rpss(contexte.finess),
        _sales(contexte.finess),
    )


def _ligne_rpss(finess: str) -> str:
    """Return the SQL expression of a RPSS line: fixed part, zones, grouping of 10 columns, 1 or 2 tariff zones."""
    fixe = ligne(
        190,
        [
            texte(1, 3, "version"),
            constante(4, finess),
            texte(13, 9, "site"),
            texte(22, 20, "lpad(ipp::varchar, 8, '0')"),
            texte(42, 20, "'HAD' || lpad(numero::varchar, 7, '0')"),
            jour(62, "naissance"),
            texte(70, 1, "sexe"),
            texte(71, 5, "cp"),
            constante(76, "1"),
            jour(86, "entree"),
            constante(94, "8"),
            jour(96, "sortie"),
            texte(104, 1, "case when sortie is null then '' else '8' end"),
            constante(106, "0001"),
            jour(110, "entree"),
            jour(118, "fin_sequence"),
            constante(126, "04"),
            texte(128, 2, "case nb_dcmpa when 1 then '09' else '00' end"),
            constante(130, "0000000000050"),
            constante(146, "08"),
            nombre(149, 1, "nb_dcmpp"),
            nombre(150, 1, "nb_dcmpa"),
            nombre(151, 2, "nb_da"),
            constante(153, "332211"),
            nombre(159, 4, "rang"),
            jour(163, "debut"),
            jour(171, "terme"),
            texte(179, 1, "derniere"),
            nombre(180, 3, "nb_ccam"),
            texte(183, 8, "'C509'"),
        ],
    )

    def zone(debut: str, fin: str, jours: str) -> str:
        return f"'11' || strftime({debut}, '%d%m%Y') || strftime({fin}, '%d%m%Y') || lpad(({jours})::varchar, 3, '0')"

    une = zone("debut", "terme", "jours")
    deux = f"{zone('debut', 'coupure', '3')} || {zone('reprise', 'terme', 'jours - 3')}"
    return (
        f"{fixe} || left(dc, 8 * (nb_dcmpp + nb_dcmpa)) || left(da, 8 * nb_da) || left(ccam, 23 * nb_ccam)"
        f" || '100000410' || zones::varchar || case zones when 1 then {une} else {deux} end"
    )


def _sales(finess: str) -> list[Sale]:
    bonne = f"H1D{finess}{finess}{'99999999':<20}{'HAD9999999':<20}01011950129200".ljust(148) + "0000".ljust(42)
    return [(bonne[:120], "", "LONGUEUR_INVALIDE"), ("H9Z" + bonne[3:], "", "VERSION_INCONNUE"), ("", "", "")]
