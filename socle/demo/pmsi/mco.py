"""MCO: grouped RSS (one line per RUM) and VID-HOSP, coherent with the venues of the GAM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..bilan import Difference
from ..calendrier import Calendrier, date_de, numero
from ..colonnes import NUL
from ..depot import Depot
from ..hasard import choisir, generateur, tirer
from ..patients import QUALIFIEE, Patients
from ..profils import SORTE, Etablissement
from ..structures import Structures, uf_de
from ..venues import DECES, Venues
from . import codes
from .largeur import assembler, bouts, constante, date32, dates, etiquettes, jour, ligne, nombre, texte

Tableau = np.ndarray

MCO = tuple(
    SORTE[nom]
    for nom in (
        "mco_medecine", "mco_chirurgie", "ambu_chirurgie", "ambu_medecine", "transfusion", "chimiotherapie",
        "radiotherapie", "dialyse",
    )
)  # fmt: skip

VERSIONS_RSS = ("120", "121", "122", "123")
VERSIONS_VIDHOSP = ("V013", "V014", "V015")
NB_DA, NB_ACTES = 6, 3

# Roots of CMD 28 by kind, and their weights.
_RACINES = {
    "dialyse": (("28Z04Z", "28Z03Z"), (97, 3)),
    "chimiotherapie": (("28Z07Z", "28Z17Z"), (90, 10)),
    "radiotherapie": (("28Z18Z", "28Z23Z", "28Z24Z", "28Z25Z", "28Z11Z"), (50, 20, 20, 5, 5)),
    "transfusion": (("28Z14Z",), (1,)),
}
_PREPARATIONS = (("28Z19Z", "28Z20Z", "28Z21Z", "28Z22Z"), (40, 30, 20, 10))
_DP_SEANCE = {"dialyse": "Z491", "chimiotherapie": "Z511", "radiotherapie": "Z5101", "transfusion": "Z513"}


@dataclass
class Sejours:
    """PMSI stays of one champ; every attribute is an array with one value per stay.

    Args:
        venue: row number of the venue, -1 for a stay that the GAM ignores.
        patient: row number of the patient.
        nda: administrative number.
        entree: day of entry.
        sortie: day of exit, `NUL` while open.
        sans_ipp: no VID-HOSP line.
    """

    venue: Tableau
    patient: Tableau
    nda: Tableau
    entree: Tableau
    sortie: Tableau
    sans_ipp: Tableau

    def __len__(self) -> int:
        """Return the number of stays."""
        return len(self.venue)


def planter(
    etablissement: Etablissement,
    calendrier: Calendrier,
    rng: np.random.Generator,
    champ: str,
    venues: Venues,
    lignes: Tableau,
    chefs: Tableau,
    ouverts_compris: bool,
    sans_ipp_possible: bool,
) -> tuple[Sejours, list[Difference]]:
    """Return the PMSI stays of the venues, with a few differences planted.

    Args:
        etablissement: whose stays.
        calendrier: months covered.
        rng: source of randomness.
        champ: MCO, SMR, PSY or HAD.
        venues: all the venues.
        lignes: row number of the first venue of each stay.
        chefs: of them, those on which a difference may be planted (no series, no grouped stay).
        ouverts_compris: the file also has the stays not finished.
        sans_ipp_possible: the IPP comes from VID-HOSP.
    """
    entree = venues.jour_entree[lignes]
    sortie = _sorties(venues, calendrier)[lignes]
    differences = []

    def noter(concernees: Tableau, nature: str) -> None:
        differences.extend(
            Difference(etablissement.finess, champ, f"{iep:09d}", nature) for iep in venues.iep[concernees].tolist()
        )

    ouvertes = sortie == NUL
    candidates = np.flatnonzero(~ouvertes & np.isin(lignes, chefs) & (entree >= calendrier.debut))
    part = max(1, round(len(candidates) * 0.0015))
    tirees = rng.permutation(candidates)[: 3 * part + 2]
    seul_gam, dates_fausses, sans_ipp = tirees[:part], tirees[part : 2 * part], tirees[2 * part : 3 * part]
    noter(lignes[seul_gam], "SEUL_GAM")
    noter(lignes[dates_fausses], "DATES")
    sortie = sortie.copy()
    sortie[dates_fausses] += 1
    manque = np.zeros(len(lignes), dtype=bool)
    if sans_ipp_possible:
        noter(lignes[sans_ipp], "SANS_IPP")
        manque[sans_ipp] = True
    gardees = np.ones(len(lignes), dtype=bool)
    gardees[seul_gam] = False
    if not ouverts_compris:
        noter(lignes[ouvertes], "EN_COURS")
        gardees &= ~ouvertes
    sejours = Sejours(
        venue=lignes[gardees],
        patient=venues.patient[lignes][gardees],
        nda=venues.iep[lignes][gardees],
        entree=entree[gardees],
        sortie=sortie[gardees],
        sans_ipp=manque[gardees],
    )
    # Stays that the GAM export lost: same shape as another stay, under a number of their own.
    modeles = rng.permutation(np.flatnonzero(np.isin(sejours.venue, chefs) & (sejours.sortie != NUL)))[:part]
    ndas = (sejours.nda[modeles] // 10_000_000) * 10_000_000 + 9_000_000 + np.arange(len(modeles)) + len(champ) * 1000
    ndas += {"MCO": 0, "SMR": 100, "PSY": 200, "HAD": 300}[champ]
    differences += [Difference(etablissement.finess, champ, f"{nda:09d}", "SEUL_PMSI") for nda in ndas.tolist()]
    return (
        Sejours(
            venue=np.concatenate([sejours.venue, np.full(len(modeles), -1)]),
            patient=np.concatenate([sejours.patient, sejours.patient[modeles]]),
            nda=np.concatenate([sejours.nda, ndas]),
            entree=np.concatenate([sejours.entree, sejours.entree[modeles]]),
            sortie=np.concatenate([sejours.sortie, sejours.sortie[modeles]]),
            sans_ipp=np.concatenate([sejours.sans_ipp, np.zeros(len(modeles), dtype=bool)]),
        ),
        differences,
    )


def ecrire(
    depot: Depot,
    etablissement: Etablissement,
    calendrier: Calendrier,
    graine: int,
    venues: Venues,
    patients: Patients,
    structures: Structures,
    chirurgie: Tableau,
    grand: bool,
) -> None:
    """Write the RSS and VID-HOSP files of one establishment.

    Args:
        depot: where to write.
        etablissement: whose stays.
        calendrier: months covered.
        graine: seed.
        venues: its venues.
        patients: its patients.
        structures: its units.
        chirurgie: per venue, whether the stay is grouped in a surgical GHM.
        grand: large size: fewer repeated lines.
    """
    rng = generateur(graine, etablissement.finess, "pmsi/mco")
    lignes = np.flatnonzero(np.isin(venues.sorte, MCO))
    if not len(lignes):
        return
    simples = lignes[venues.sorte[lignes] <= SORTE["ambu_medecine"]]
    sejours, differences = planter(
        etablissement, calendrier, rng, "MCO", venues, lignes, simples, ouverts_compris=False, sans_ipp_possible=True
    )
    depot.bilan.differences += differences
    ordre = np.lexsort((sejours.nda, sejours.sortie))
    sejours = Sejours(*[getattr(sejours, c)[ordre] for c in Sejours.__dataclass_fields__])
    # A stay unknown to the GAM looks like an ordinary medical one.
    sorte = np.where(sejours.venue >= 0, venues.sorte[sejours.venue], SORTE["mco_medecine"])
    rss = _rss(rng, etablissement, sejours, sorte, venues, patients, structures, chirurgie)
    for annee, mois, limites in periodes(calendrier, grand):
        gardees = np.flatnonzero((rss["sortie_sejour"] >= limites[0]) & (rss["sortie_sejour"] <= limites[1]))
        chemin = f"{etablissement.finess}/pmsi/mco/{etablissement.finess}.{annee}.{mois}.rss.txt"
        partie = pa.table({nom: colonne.take(pa.array(gardees)) for nom, colonne in rss["colonnes"].items()})
        if not len(gardees):
            continue
        depot.lignes_sql(chemin, partie, _ligne_rss(etablissement.finess), finales=_sales_rss(etablissement.finess),
                         genre="pmsi/rss")
    ecrire_vidhosp(depot, etablissement, calendrier, rng, "mco", sejours, patients, grand)
    ium = [
        f"{code:04d}{etablissement.finess_geo(site)}   01012020020{'P' if sorte_ in (2, 3) else 'C'}"
        for code, site, sorte_ in zip(
            structures.uf_code.tolist(), structures.uf_site.tolist(), structures.uf_sorte.tolist(), strict=True
        )
        if sorte_ in MCO
    ]
    fin = date_de(calendrier.fin)
    depot.texte(
        f"{etablissement.finess}/pmsi/mco/{etablissement.finess}.{fin.year}.{fin.month}.ium.txt",
        "".join(f"{ligne_}\r\n" for ligne_ in ium),
    )
    depot.bilan.lignes["pmsi/ium"] += len(ium)


def ecrire_vidhosp(
    depot: Depot,
    etablissement: Etablissement,
    calendrier: Calendrier,
    rng: np.random.Generator,
    champ: str,
    sejours: Sejours,
    patients: Patients,
    grand: bool,
) -> None:
    """Write the VID-HOSP files of one champ: the only link from the NDA to the IPP."""
    lignes = np.flatnonzero(~sejours.sans_ipp)
    # A change of insurance during the stay gives a second line for the same NDA.
    doubles = lignes[tirer(rng, 0.004, len(lignes))]
    lignes = np.sort(np.concatenate([lignes, doubles]))
    patient = sejours.patient[lignes]
    sortie = sejours.sortie[lignes]
    reference = np.where(sortie == NUL, calendrier.fin, sortie)
    version = np.where(reference < numero_de(2022, 3), 0, np.where(reference < numero_de(2025, 3), 1, 2))
    version = np.where(tirer(rng, 0.02, len(lignes)), rng.integers(0, 3, len(lignes)), version)
    matricule = patients.matricule[patient]
    sans_nir = (matricule == b"") | tirer(rng, 0.002, len(lignes))
    nir = np.where(sans_nir, b"X" * 13, matricule.astype("S13"))
    cle = np.where(sans_nir, b"XX", np.array(matricule.astype("S15").view(np.uint8).reshape(-1, 15)[:, 13:15]
                                             ).reshape(-1).view("S2"))
    cle = np.where(cle == b"", b"00", cle)
    qualifie = (patients.statut[patient] == QUALIFIEE) & (patients.oid[patient] >= 0)
    ins = np.where(qualifie, matricule, b"").astype("S15")
    naissance = dates(patients.naissance[patient])
    naissance = np.where(tirer(rng, 0.001, len(lignes)), b"XXXXXXXX", naissance)
    disciplines = choisir(rng, (3, 92, 5), len(lignes))
    colonnes = {
        "nir": bouts(assembler([(nir, 13)])),
        "cle": bouts(assembler([(cle, 2)])),
        "naissance": bouts(naissance),
        "sexe": etiquettes(np.minimum(patients.sexe[patient], 1), "12"),
        "nda": pa.array(sejours.nda[lignes]),
        "version": etiquettes(version, VERSIONS_VIDHOSP),
        "entree": date32(sejours.entree[lignes]),
        "sortie": date32(sortie),
        "ipp": pa.array(patients.ipp[patient]),
        "ins": bouts(assembler([(ins, 15)])),
        "disciplines": pa.array(disciplines.astype(np.int64)),
        "cp": etiquettes(patients.ipp[patient] % len(codes.CODES_POSTAUX), codes.CODES_POSTAUX),
    }
    for annee, mois, limites in periodes(calendrier, grand):
        gardees = np.flatnonzero((reference >= limites[0]) & (reference <= limites[1]))
        if not len(gardees):
            continue
        partie = pa.table({nom: colonne.take(pa.array(gardees)) for nom, colonne in colonnes.items()})
        chemin = f"{etablissement.finess}/pmsi/{champ}/{etablissement.finess}.{annee}.{mois}.vidhosp.txt"
        depot.lignes_sql(chemin, partie, _ligne_vidhosp(etablissement.finess),
                         finales=_sales_vidhosp(etablissement.finess), genre="pmsi/vidhosp")


def periodes(calendrier: Calendrier, grand: bool) -> list[tuple[int, int, tuple[int, int]]]:
    """Return the transmissions: (year, month, days of exit covered); in the last year, one at mid-year, then the whole.

    Args:
        calendrier: months covered.
        grand: the last transmission only repeats what follows the mid-year one.
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
        debut = coupure + 1 if grand else debut
    return [*resultat, (fin.year, fin.month, (debut, calendrier.fin))]


def numero_de(annee: int, mois: int) -> int:
    """Return the number of the first day of a month."""
    return numero(date_de(0).replace(year=annee, month=mois))


def _sorties(venues: Venues, calendrier: Calendrier) -> Tableau:
    """Return the day of exit as the extraction date knows it: a planned exit is not an exit."""
    sortie = venues.jour_sortie
    return np.where(sortie > calendrier.fin, NUL, sortie)


def _rss(
    rng: np.random.Generator,
    etablissement: Etablissement,
    sejours: Sejours,
    sorte: Tableau,
    venues: Venues,
    patients: Patients,
    structures: Structures,
    chirurgie: Tableau,
) -> dict:
    """Return the columns of the RUM, in order of stay."""
    nb = len(sejours)
    duree = sejours.sortie - sejours.entree
    ordinaire = sorte <= SORTE["mco_chirurgie"]
    nb_rum = np.where(ordinaire & (duree >= 2) & tirer(rng, 0.22, nb), 2, 1)
    nb_rum = np.where((nb_rum == 2) & (duree >= 4) & tirer(rng, 0.25, nb), 3, nb_rum)
    sejour = np.repeat(np.arange(nb), nb_rum)
    rang = np.arange(len(sejour)) - np.repeat(np.cumsum(nb_rum) - nb_rum, nb_rum)
    dernier = rang == nb_rum[sejour] - 1
    entree = sejours.entree[sejour] + duree[sejour] * rang // nb_rum[sejour]
    sortie = sejours.entree[sejour] + duree[sejour] * (rang + 1) // nb_rum[sejour]
    ghm, dp_sejour, dr_sejour = _groupage(rng, sejours, sorte, venues, chirurgie)
    operee = np.char.find(ghm, "C") == 2

    uf = np.where(sejours.venue >= 0, venues.uf[sejours.venue], -1)
    ailleurs = uf_de(structures, sorte[sejour], rng)
    uf_rum = np.where((rang == 0) & (uf[sejour] >= 0), uf[sejour], ailleurs)

    seance = np.isin(sorte, [SORTE[nom] for nom in _RACINES])
    nb_seances = np.where(sejours.venue >= 0, venues.nb_seances[sejours.venue], NUL)
    nb_seances = np.where(seance, np.where(nb_seances == NUL, 1, nb_seances), 0)

    nb_rums = len(sejour)
    nb_da = np.where(seance[sejour], choisir(rng, (70, 20, 10), nb_rums),
                     choisir(rng, (12, 18, 22, 20, 14, 9, 5), nb_rums))
    da = codes.CIM8[rng.integers(0, len(codes.CIM8), (nb_rums, NB_DA))]
    nb_dad = choisir(rng, (88, 9, 3), nb_rums)
    dad = codes.CIM8[rng.integers(0, len(codes.CIM8), (nb_rums, 2))]
    nb_actes, actes = _actes(rng, sorte[sejour], operee[sejour] & (rang == 0), entree, nb_seances[sejour])

    version = np.where(
        sejours.sortie < numero_de(2022, 3), 0,
        np.where(sejours.sortie < numero_de(2023, 3), 1, np.where(sejours.sortie < numero_de(2026, 1), 2, 3)),
    )
    version = np.where(tirer(rng, 0.01, nb) & (version >= 1), 3, version)
    mode = np.where(sejours.venue >= 0, venues.mode_sortie[sejours.venue], 0)
    mode_sortie = np.array(list("87698"))[np.where(mode < 0, 0, mode)]
    mode_sortie = np.where(mode == DECES, "9", mode_sortie)
    patient = sejours.patient[sejour]
    sexe_pmsi = np.where(patients.sexe[patient] == 2, np.where(version[sejour] >= 2, 2, 0), patients.sexe[patient])
    modes = ("6", "7", "8", "9")
    mode_sortie_rum = np.where(dernier, np.searchsorted(np.array(modes), mode_sortie)[sejour], 0)
    return {
        "sortie_sejour": sejours.sortie[sejour],
        "colonnes": {
            "ghm": pa.array(ghm).take(pa.array(sejour)),
            "version": etiquettes(version[sejour], VERSIONS_RSS),
            "rss": pa.array(sejour + 1),
            "nda": pa.array(sejours.nda[sejour]),
            "rum": pa.array(rang + 1),
            "naissance": date32(patients.naissance[patient]),
            "sexe": etiquettes(sexe_pmsi, "123"),
            "um": pa.array(structures.uf_code[uf_rum]),
            "entree": date32(entree),
            "sortie": date32(sortie),
            "mode_entree": etiquettes(np.where(rang == 0, 2, 0), modes),
            "mode_sortie": etiquettes(mode_sortie_rum, modes),
            "cp": etiquettes(patients.ipp[patient] % len(codes.CODES_POSTAUX), codes.CODES_POSTAUX),
            "nb_seances": pa.array(nb_seances[sejour]),
            "nb_da": pa.array(nb_da.astype(np.int64)),
            "nb_dad": pa.array(nb_dad.astype(np.int64)),
            "nb_actes": pa.array(nb_actes.astype(np.int64)),
            "dp": pa.array(dp_sejour).take(pa.array(sejour)),
            "dr": pa.array(dr_sejour).take(pa.array(sejour)),
            "da": bouts(da),
            "dad": bouts(dad),
            "actes": bouts(actes),
        },
    }


def _groupage(
    rng: np.random.Generator, sejours: Sejours, sorte: Tableau, venues: Venues, chirurgie: Tableau
) -> tuple[Tableau, Tableau, Tableau]:
    """Return the GHM (6 characters), the main and the related diagnosis of each stay."""
    nb = len(sejours)
    opere = np.where(sejours.venue >= 0, chirurgie[sejours.venue], False)

    def parmi(liste: tuple[str, ...]) -> Tableau:
        return np.array(liste)[rng.integers(0, len(liste), nb)]

    ambu = (sorte == SORTE["ambu_chirurgie"]) | (sorte == SORTE["ambu_medecine"])
    ghm = np.where(ambu, parmi(codes.GHM_AMBU_MEDECINE), parmi(codes.GHM_MEDECINE))
    ghm = np.where(opere, np.where(ambu, parmi(codes.GHM_AMBU_CHIRURGIE), parmi(codes.GHM_CHIRURGIE)), ghm)
    ghm = np.where(~opere & tirer(rng, 0.003, nb), codes.GHM_ERREUR, ghm)
    dp = np.where(opere, parmi(codes.DP_CHIRURGIE), parmi(codes.DP_MEDECINE))
    dr = np.full(nb, "", dtype="U6")
    preparation = np.where(sejours.venue >= 0, venues.preparation[sejours.venue], False)
    for nom, (racines, poids) in _RACINES.items():
        ici = sorte == SORTE[nom]
        ghm = np.where(ici, np.array(racines)[choisir(rng, poids, nb)], ghm)
        dp = np.where(ici, _DP_SEANCE[nom], dp)
    ghm = np.where(preparation, np.array(_PREPARATIONS[0])[choisir(rng, _PREPARATIONS[1], nb)], ghm)
    dp = np.where(preparation, "Z5100", np.where(ghm == "28Z17Z", "Z512", dp))
    dr = np.where(sorte == SORTE["chimiotherapie"], "C509", np.where(sorte == SORTE["radiotherapie"], "C61", dr))
    return ghm, dp, dr


def _actes(
    rng: np.random.Generator, sorte: Tableau, operee: Tableau, jours: Tableau, nb_seances: Tableau
) -> tuple[Tableau, Tableau]:
    """Return the number of acts of each RUM and its acts of 29 characters."""
    nb = len(sorte)
    dialyse, radio = sorte == SORTE["dialyse"], sorte == SORTE["radiotherapie"]
    seance = dialyse | radio | (sorte == SORTE["chimiotherapie"]) | (sorte == SORTE["transfusion"])
    nombre_ = choisir(rng, (40, 30, 20, 10), nb)
    nombre_ = np.where(operee, np.maximum(nombre_, 1), np.where(seance, (dialyse | radio).astype(int), nombre_))
    textes = []
    for rang in range(NB_ACTES):
        ccam = np.array(codes.ACTES_AUTRES)[rng.integers(0, len(codes.ACTES_AUTRES), nb)]
        if rang == 0:
            operations = np.array(codes.ACTES_CHIRURGIE)[rng.integers(0, len(codes.ACTES_CHIRURGIE), nb)]
            ccam = np.where(operee, operations, ccam)
            ccam = np.where(dialyse, codes.ACTE_DIALYSE, np.where(radio, codes.ACTE_RADIOTHERAPIE, ccam))
        extension = np.where(tirer(rng, 0.08, nb), b"-01", b"")
        anesthesie = np.where(operee & (rang == 1), b"4", b"1")
        executions = np.char.zfill(np.where(dialyse, np.maximum(nb_seances, 1), 1).astype("S2"), 2)
        textes.append(
            assembler(
                [
                    (dates(jours), 8),
                    (ccam.astype("S7"), 7),
                    (extension, 3),
                    (np.full(nb, b"0"), 1),
                    (anesthesie, 1),
                    (np.full(nb, b" "), 1),
                    (np.where(tirer(rng, 0.2, nb), b"N", b""), 4),
                    (np.full(nb, b"  "), 2),
                    (executions, 2),
                ]
            )
        )
    return nombre_, np.stack(textes, axis=1)


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
    commun = f"{ligne(192, communs)}"
    actes_123 = " || ".join(f"substr(actes, {1 + 29 * rang}, 29) || '   '" for rang in range(NB_ACTES))
    # 193-205 of format 123: radiotherapy and dialysis, zero-filled numbers and blank codes.
    return (
        f"({commun}) || case when version::varchar = '123' then ' 00   ' || '0000000' || {zones}"
        f" || left({actes_123}, 32 * nb_actes) else {zones} || left(actes, 29 * nb_actes) end"
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
    debut = ligne(373, tete)
    periode = "strftime(entree, '%d%m%Y') || coalesce(strftime(sortie, '%d%m%Y'), strftime(entree, '%d%m%Y'))"
    zone = f"'10003' || {periode} || case when version::varchar = 'V015' then '001' else '' end"
    zone = f"({zone} || '0000000' || '00000000' || '100' || '00000000')"
    suite = f"lpad(disciplines::varchar, 2, '0') || repeat({zone}, disciplines)"
    return (
        f"({debut}) || case when version::varchar = 'V013' then repeat(' ', 77)"
        f" else rpad(ins, 15, ' ') || repeat(' ', 78) end || {suite}"
    )


def _sales_rss(finess: str) -> Callable[[int], list[tuple[str, str, str]]]:
    """Return the faulty lines of a RSS file: truncated, of unknown version, with a wrong counter or date, blank."""
    bonne = (
        f"1105M092 122000{finess}022{'9999991':<20}{'999999991':<20}{'1':<10}010119501110100010120238 020120238 "
        f"29200000000        00000000{'J189':<8}{'':<8}000{'':<33}"
    )
    bonne = bonne[:192].ljust(192)

    def finales(_: int) -> list[tuple[str, str, str]]:
        return [
            (bonne[:150], "", "LONGUEUR_INVALIDE"),
            (bonne[:9] + "129" + bonne[12:24] + "029" + bonne[27:], "", "VERSION_INCONNUE"),
            ("", "", ""),
            (bonne[:133] + "0X" + bonne[135:], "", "ZONE_INVALIDE"),
            (bonne[:92] + "31022023" + bonne[100:], "", "DATE_INVALIDE"),
        ]

    return finales


def _sales_vidhosp(finess: str) -> Callable[[int], list[tuple[str, str, str]]]:
    """Return the faulty lines of a VID-HOSP file."""
    bonne = (" " * 48 + f"V014{finess}").ljust(466) + "00"

    def finales(_: int) -> list[tuple[str, str, str]]:
        return [
            (bonne[:300], "", "LONGUEUR_INVALIDE"),
            (bonne[:48] + "V009" + bonne[52:], "", "VERSION_INCONNUE"),
            ("", "", ""),
        ]

    return finales
