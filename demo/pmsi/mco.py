"""MCO: grouped RSS (one line per RUM), IUM, peritoneal dialysis supplements."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..calendrier import date_de
from ..colonnes import NUL, zeros_devant
from ..hasard import choisir, tirer
from ..profils import SORTE
from ..structures import uf_de
from ..venues import DECES
from . import codes
from .commun import (
    Contexte,
    Sale,
    Sejours,
    diagnostics,
    ecrire_hosp_pmsi,
    ecrire_vidhosp,
    numero_de,
    planter,
    sejours_des_venues,
)
from .largeur import assembler, bouts, constante, date32, dates, etiquettes, jour, ligne, nombre, texte

Tableau = np.ndarray

MCO = tuple(
    SORTE[nom]
    for nom in (
        "mco_medecine", "mco_chirurgie", "ambu_chirurgie", "ambu_medecine", "transfusion", "chimiotherapie",
        "radiotherapie", "dialyse",
    )
)  # fmt: skip

VERSIONS = ("120", "121", "122", "123")
NB_ACTES = 3

# Roots of CMD 28 by kind, and their weights.
_RACINES = {
    "dialyse": (("28Z04Z", "28Z03Z"), (97, 3)),
    "chimiotherapie": (("28Z07Z", "28Z17Z"), (90, 10)),
    "radiotherapie": (("28Z18Z", "28Z23Z", "28Z24Z", "28Z25Z", "28Z11Z"), (50, 20, 20, 5, 5)),
    "transfusion": (("28Z14Z",), (1,)),
}
_PREPARATIONS = (("28Z19Z", "28Z20Z", "28Z21Z", "28Z22Z"), (40, 30, 20, 10))
_DP_SEANCE = {"dialyse": "Z491", "chimiotherapie": "Z511", "radiotherapie": "Z5101", "transfusion": "Z513"}


def ecrire(contexte: Contexte) -> None:
    """Write the MCO files of one establishment."""
    sejours = sejours_des_venues(contexte, MCO)
    if not len(sejours):
        return
    sejours = planter(contexte, "MCO", sejours, ouverts_compris=False, par_vidhosp=True)
    sejours = sejours.prendre(np.lexsort((sejours.nda, sejours.sortie)))
    _rss(contexte, sejours)
    ecrire_vidhosp(contexte, "mco", sejours)
    if contexte.etablissement.profil.cle == "chu":
        ecrire_hosp_pmsi(contexte, "mco", pa.array((np.arange(len(sejours)) + 1).astype("U7")), sejours)
    _ium(contexte)
    _dialyse_peritoneale(contexte, sejours)


def _rss(contexte: Contexte, sejours: Sejours) -> None:
    """Write the RSS; the stays are in order of exit, and the number of a RSS is its rank in the establishment."""
    rng = contexte.hasard("rss")
    venues, patients, structures = contexte.venues, contexte.patients, contexte.structures
    # A stay unknown to the GAM looks like an ordinary medical one.
    sorte = sejours.de_la_venue(venues.sorte, SORTE["mco_medecine"]).astype(np.int64)
    nb = len(sejours)
    duree = sejours.sortie - sejours.entree
    sup = np.where(sorte <= SORTE["mco_chirurgie"], rng.poisson(contexte.rum_supplementaires, nb), 0)
    nb_rum = 1 + np.minimum(np.minimum(sup, duree // 2), 4)
    sejour = np.repeat(np.arange(nb), nb_rum)
    rang = np.arange(len(sejour)) - np.repeat(np.cumsum(nb_rum) - nb_rum, nb_rum)
    dernier = rang == nb_rum[sejour] - 1
    entree = sejours.entree[sejour] + duree[sejour] * rang // nb_rum[sejour]
    sortie = sejours.entree[sejour] + duree[sejour] * (rang + 1) // nb_rum[sejour]
    opere = sejours.de_la_venue(contexte.chirurgie, False).astype(bool)
    ghm, dp, dr = _groupage(rng, contexte, sejours, sorte, opere)

    uf = sejours.de_la_venue(venues.uf, -1).astype(np.int64)
    ailleurs = uf_de(structures, sorte[sejour], rng)
    uf_rum = np.where((rang == 0) & (uf[sejour] >= 0), uf[sejour], ailleurs)
    seance = np.isin(sorte, [SORTE[nom] for nom in _RACINES])
    nb_seances = sejours.de_la_venue(venues.nb_seances, NUL)
    nb_seances = np.where(seance, np.where(nb_seances == NUL, 1, nb_seances), 0)

    nb_lignes = len(sejour)
    nb_da, da = diagnostics(rng, nb_lignes, (12, 18, 22, 20, 14, 9, 5))
    nb_da = np.where(seance[sejour], np.minimum(nb_da, 2) * tirer(rng, 0.4, nb_lignes), nb_da)
    nb_dad, dad = diagnostics(rng, nb_lignes, (88, 9, 3))
    nb_actes, actes = _actes(rng, sorte[sejour], opere[sejour] & (rang == 0), entree, nb_seances[sejour])

    bornes = [numero_de(2022, 3), numero_de(2023, 3), numero_de(2026, 1)]
    version = np.searchsorted(bornes, sejours.sortie, side="right")
    version = np.where(tirer(rng, 0.01, nb) & (version >= 1), 3, version)
    modes = ("6", "7", "8", "9")
    # In the order of MODES_SORTIE: home, transfer, mutation, death, other.
    mode = np.array([2, 1, 0, 3, 2])[np.maximum(sejours.de_la_venue(venues.mode_sortie, 0), 0).astype(int)]
    assert DECES == 3
    patient = sejours.patient[sejour]
    sexe = patients.sexe[patient]
    colonnes = {
        "ghm": pa.array(ghm).take(pa.array(sejour)),
        "version": etiquettes(version[sejour], VERSIONS),
        "rss": pa.array(sejour + 1),
        "nda": pa.array(sejours.nda[sejour]),
        "rum": pa.array(rang + 1),
        "naissance": date32(patients.naissance[patient]),
        # The third sex exists from format 122 on.
        "sexe": etiquettes(np.where((sexe == 2) & (version[sejour] < 2), 0, sexe), "123"),
        "um": pa.array(structures.uf_code[uf_rum]),
        "entree": date32(entree),
        "sortie": date32(sortie),
        "mode_entree": etiquettes(np.where(rang == 0, 2, 0), modes),
        "mode_sortie": etiquettes(np.where(dernier, mode[sejour], 0), modes),
        "cp": etiquettes(patients.ipp[patient] % len(codes.CODES_POSTAUX), codes.CODES_POSTAUX),
        "nb_seances": pa.array(nb_seances[sejour]),
        "nb_da": pa.array(nb_da.astype(np.int64)),
        "nb_dad": pa.array(nb_dad.astype(np.int64)),
        "nb_actes": pa.array(nb_actes.astype(np.int64)),
        "dp": pa.array(dp).take(pa.array(sejour)),
        "dr": pa.array(dr).take(pa.array(sejour)),
        "da": da,
        "dad": dad,
        "actes": actes,
    }
    contexte.transmissions(
        "mco",
        "rss",
        np.minimum(sejours.sortie, contexte.calendrier.fin)[sejour],
        colonnes,
        _ligne_rss(contexte.finess),
        _sales(contexte.finess),
    )


def _groupage(
    rng: np.random.Generator, contexte: Contexte, sejours: Sejours, sorte: Tableau, opere: Tableau
) -> tuple[Tableau, Tableau, Tableau]:
    """Return the GHM (6 characters), the main and the related diagnosis of each stay."""
    nb = len(sejours)

    def parmi(liste: tuple[str, ...]) -> Tableau:
        return np.array(liste)[rng.integers(0, len(liste), nb)]

    ambu = (sorte == SORTE["ambu_chirurgie"]) | (sorte == SORTE["ambu_medecine"])
    ghm = np.where(ambu, parmi(codes.GHM_AMBU_MEDECINE), parmi(codes.GHM_MEDECINE))
    ghm = np.where(opere, np.where(ambu, parmi(codes.GHM_AMBU_CHIRURGIE), parmi(codes.GHM_CHIRURGIE)), ghm)
    ghm = np.where(~opere & tirer(rng, 0.003, nb), codes.GHM_ERREUR, ghm)
    dp = np.where(opere, parmi(codes.DP_CHIRURGIE), parmi(codes.DP_MEDECINE))
    for nom, (racines, poids) in _RACINES.items():
        ici = sorte == SORTE[nom]
        ghm = np.where(ici, np.array(racines)[choisir(rng, poids, nb)], ghm)
        dp = np.where(ici, _DP_SEANCE[nom], dp)
    preparation = sejours.de_la_venue(contexte.venues.preparation, False).astype(bool)
    ghm = np.where(preparation, np.array(_PREPARATIONS[0])[choisir(rng, _PREPARATIONS[1], nb)], ghm)
    dp = np.where(preparation, "Z5100", np.where(ghm == "28Z17Z", "Z512", dp))
    dr = np.where(sorte == SORTE["chimiotherapie"], "C509", np.where(sorte == SORTE["radiotherapie"], "C61", ""))
    return ghm, dp, dr


def _actes(
    rng: np.random.Generator, sorte: Tableau, operee: Tableau, jours: Tableau, nb_seances: Tableau
) -> tuple[Tableau, pa.Array]:
    """Return the number of acts of each RUM, and `NB_ACTES` acts of 29 characters, end to end."""
    nb = len(sorte)
    dialyse, radio = sorte == SORTE["dialyse"], sorte == SORTE["radiotherapie"]
    seance = dialyse | radio | (sorte == SORTE["chimiotherapie"]) | (sorte == SORTE["transfusion"])
    combien = choisir(rng, (40, 30, 20, 10), nb)
    combien = np.where(operee, np.maximum(combien, 1), np.where(seance, (dialyse | radio).astype(int), combien))
    operations = np.array(codes.ACTES_CHIRURGIE, dtype="S7")
    autres = np.array(codes.ACTES_AUTRES, dtype="S7")
    textes = []
    for rang in range(NB_ACTES):
        ccam = autres[rng.integers(0, len(autres), nb)]
        if rang == 0:
            ccam = np.where(operee, operations[rng.integers(0, len(operations), nb)], ccam)
            ccam = np.where(dialyse, codes.ACTE_DIALYSE, np.where(radio, codes.ACTE_RADIOTHERAPIE, ccam))
        executions = np.where(dialyse & (nb_seances > 0), nb_seances, 1)
        textes.append(
            assembler(
                [
                    (dates(jours), 8),
                    (ccam, 7),
                    (np.where(tirer(rng, 0.08, nb), b"-01", b""), 3),
                    (np.full(nb, b"0"), 1),
                    (np.where(operee & (rang == 1), b"4", b"1"), 1),
                    (np.full(nb, b" "), 1),
                    (np.where(tirer(rng, 0.2, nb), b"N", b""), 4),
                    (np.full(nb, b"  "), 2),
                    (zeros_devant(executions.astype("S2"), 2), 2),
                ]
            )
        )
    return combien, bouts(np.stack(textes, axis=1))


def _ligne_rss(finess: str) -> str:
    """Return the SQL expression of a RUM line; format 123 has 13 more columns and 3 more per act."""
    communs = [
        constante(1, "11"),
        texte(3, 6, "ghm"),
        texte(10, 3, "version"),
        constante(13, "000"),
        constante(16, finess),
        texte(25, 3, "'0' || right(version::varchar, 2)"),
        texte(28, 20, "rss"),
        texte(48, 20, "lpad(nda::varchar, 9, '0')"),
        texte(68, 10, "rum"),
        jour(78, "naissance"),
        texte(86, 1, "sexe"),
        nombre(87, 4, "um"),
        jour(93, "entree"),
        texte(101, 1, "mode_entree"),
        texte(102, 1, "case when mode_entree::varchar = '6' then '1' else '' end"),
        jour(103, "sortie"),
        texte(111, 1, "mode_sortie"),
        texte(112, 1, "case when mode_sortie::varchar in ('6', '7') then '1' else '' end"),
        texte(113, 5, "cp"),
        constante(118, "000000"),
        nombre(132, 2, "nb_seances"),
        nombre(134, 2, "nb_da"),
        nombre(136, 2, "nb_dad"),
        nombre(138, 3, "nb_actes"),
        texte(141, 8, "dp"),
        texte(149, 8, "dr"),
        constante(157, "000"),
    ]
    zones = "left(da, 8 * nb_da) || left(dad, 8 * nb_dad)"
    actes_123 = " || ".join(f"substr(actes, {1 + 29 * rang}, 29) || '   '" for rang in range(NB_ACTES))
    # 193-205 of format 123: radiotherapy and dialysis, zero-filled numbers and blank codes.
    return (
        f"({ligne(192, communs)}) || case when version::varchar = '123' then ' 00   ' || '0000000' || {zones}"
        f" || left({actes_123}, 32 * nb_actes) else {zones} || left(actes, 29 * nb_actes) end"
    )


def _sales(finess: str) -> list[Sale]:
    """Return the faulty lines: truncated, of unknown version, blank, with a wrong counter, with an impossible date."""
    bonne = (
        f"1105M092 122000{finess}022{'9999991':<20}{'999999991':<20}{'1':<10}010119501110100010120238 020120238 "
        f"29200000000        000000000{'J189':<8}{'':<8}000"
    ).ljust(192)
    return [
        (bonne[:150], "", "LONGUEUR_INVALIDE"),
        (bonne[:9] + "129" + bonne[12:24] + "029" + bonne[27:], "", "VERSION_INCONNUE"),
        ("", "", ""),
        (bonne[:133] + "0X" + bonne[135:], "", "ZONE_INVALIDE"),
        (bonne[:92] + "31022023" + bonne[100:], "", "DATE_INVALIDE"),
    ]


def _ium(contexte: Contexte) -> None:
    """Write the units file: unit, geographic FINESS, date of effect, beds, mode."""
    structures = contexte.structures
    lignes = [
        f"{code:04d}{contexte.etablissement.finess_geo(site)}   01012020020{'P' if sorte in (2, 3) else 'C'}"
        for code, site, sorte in zip(
            structures.uf_code.tolist(), structures.uf_site.tolist(), structures.uf_sorte.tolist(), strict=True
        )
        if sorte in MCO
    ]
    fin = date_de(contexte.calendrier.fin)
    contexte.depot.texte(contexte.chemin("mco", fin.year, fin.month, "ium"), "".join(f"{ligne_}\r\n" for ligne_ in lignes))
    contexte.depot.bilan.lignes["pmsi/ium"] += len(lignes)


def _dialyse_peritoneale(contexte: Contexte, sejours: Sejours) -> None:
    """Write the supplements for peritoneal dialysis during a medical stay (FICHCOMP, type 07)."""
    if "dialyse" not in contexte.etablissement.profil.volumes:
        return
    rng = contexte.hasard("fichcomp")
    sorte = sejours.de_la_venue(contexte.venues.sorte, -1)
    lignes = np.flatnonzero((sorte == SORTE["mco_medecine"]) & tirer(rng, 0.03, len(sejours)))
    if not len(lignes):
        return
    duree = sejours.sortie[lignes] - sejours.entree[lignes]
    colonnes = {
        "nda": pa.array(sejours.nda[lignes]),
        "entree": date32(sejours.entree[lignes]),
        "sortie": date32(sejours.sortie[lignes]),
        "nb": pa.array(np.maximum(1, duree // 2)),
    }
    expression = ligne(
        92,
        [
            constante(1, f"{contexte.finess}07"),
            texte(12, 20, "lpad(nda::varchar, 9, '0')"),
            jour(42, "entree"),
            jour(50, "sortie"),
            constante(58, "DIP"),
            nombre(73, 10, "nb"),
        ],
    )
    contexte.transmissions("mco", "fichcomp", sejours.sortie[lignes], colonnes, expression)
