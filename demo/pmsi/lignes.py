"""Lines of the PMSI written from the positions that the seeds give to each version of a type of file."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from socle.lecture.pmsi_formats import Champ, Format, formats

from ..calendrier import EPOQUE
from ..lignes import IDENTIFIANTS, NUL, Lignes, Tableau, Texte, lire_donnees

PMSI = lire_donnees("pmsi")
"""Codes, versions, constants and faulty lines of the PMSI files."""
IDENTIFIES = {"ipp": IDENTIFIANTS["ipp"][1], "nda": IDENTIFIANTS["iep"][1]}
"""Numbers of digits of the identifiers, left-justified."""

Zone = tuple[Tableau, Lignes]
"""How many times a zone is there on each line, and its fields, with one column per repeat unless all are alike."""


def version_au(fichier: str, jours: Tableau) -> Tableau:
    """Return the rank of the version of a type of file that is in force at given days."""
    bornes = [(jour - EPOQUE).days for jour in PMSI["versions"][fichier]["depuis"]]
    return np.searchsorted(bornes, jours, side="right")


def rediger(fichier: str, versions: Tableau, lignes: Lignes, zones: Mapping[str, Zone] | None = None) -> pa.Array:
    """Return one line of text, with its end, per row.

    A type of file is that of the seeds, with the type of line for the RSF; a version is its rank. Rows have the fields that the
    seeds name, and those that `places` places. A `Texte` and bytes are left-justified; numbers fill the field with zeros before
    them, but for those of patients and of stays; those of a date are days. The counters of the repeated zones follow from them.
    """
    morceaux, ordre = [pa.array([], pa.large_string())], [np.zeros(0, dtype=np.int64)]
    connues = {lu.version: lu for lu in formats()["rsf" if fichier.startswith("rsf_") else fichier]}
    for rang, version in enumerate(PMSI["versions"][fichier]["de"]):
        rangs = np.flatnonzero(versions == rang)
        morceaux.append(_lignes(connues[version], fichier, rangs, lignes, zones or {}))
        ordre.append(rangs)
    return pa.concat_arrays(morceaux).take(pa.array(np.argsort(np.concatenate(ordre), kind="stable")))


def _lignes(lu: Format, fichier: str, rangs: Tableau, lignes: Lignes, zones: Mapping[str, Zone]) -> pa.Array:
    """Return the lines of one version: its parts side by side, where the columns that a row does not have are left out."""
    contenus: dict[str | int, Any] = {**PMSI["constantes"].get(fichier, {}), **vars(lignes)}
    for nom, place in {"code_postal": "sexe+1", **PMSI["places"].get(fichier, {})}.items():
        if nom in contenus and place:
            contenus[place] = contenus[nom]
    if lu.debut_version:
        contenus[lu.debut_version] = lu.version
    # The counters of a line are in the order of its zones.
    compteurs = [champ.nom for champ in lu.champs if champ.type == "compteur"]
    contenus |= {compteur: zones[zone.nom][0] for compteur, zone in zip(compteurs, lu.zones, strict=False)}
    parties = [_bloc(lu.longueur, lu.champs, contenus, rangs, 1)]
    presentes = [np.ones(parties[0].shape, dtype=bool)]
    for zone in lu.zones:
        combien, valeurs = zones[zone.nom][0], vars(zones[zone.nom][1])
        fois = max((v.shape[1] for v in valeurs.values() if isinstance(v, np.ndarray) and v.ndim == 2), default=1)
        constantes = PMSI["constantes"].get(f"{fichier}.{zone.nom}", {})
        parties.append(_bloc(zone.longueur, zone.champs, {**constantes, **valeurs}, rangs, fois))
        presentes.append(np.arange(fois * zone.longueur) < combien[rangs, None] * zone.longueur)
    parties.append(np.broadcast_to(np.frombuffer(b"\r\n", dtype=np.uint8), (len(rangs), 2)))
    presentes.append(np.ones((len(rangs), 2), dtype=bool))
    garde = np.concatenate(presentes, axis=1)
    positions = np.concatenate([[0], np.cumsum(garde.sum(axis=1))])
    octets = np.concatenate(parties, axis=1)[garde]
    return pa.Array.from_buffers(pa.large_string(), len(rangs), [None, pa.py_buffer(positions), pa.py_buffer(octets)])


def _bloc(longueur: int, champs: tuple[Champ, ...], contenus: Mapping[str | int, Any], rangs: Tableau, fois: int) -> Tableau:
    """Return the bytes of fields, repeated so many times, for some rows: one row per line; what stands nowhere is left out."""
    octets = np.full((len(rangs), fois, longueur), ord(" "), dtype=np.uint8)
    par_nom = {champ.nom: champ for champ in champs}
    for cle, valeurs in contenus.items():
        champ = par_nom.get(cle)
        nom, signe, ecart = (cle.replace("-", "+-") if isinstance(cle, str) else "").partition("+")
        if nom in par_nom:
            debut = par_nom[nom].debut + int(ecart if signe else 0)
        elif isinstance(cle, int):
            debut = cle if cle > 0 else longueur + 1 + cle
        else:
            continue
        if debut > longueur:
            continue
        if isinstance(valeurs, np.ndarray):
            valeurs = valeurs[rangs] if valeurs.ndim == 2 else valeurs[rangs, None]
        elif isinstance(valeurs, Texte):
            valeurs = np.array([*valeurs.etiquettes, ""], dtype="S")[valeurs.rangs[rangs], None]
        else:
            valeurs = np.array([[valeurs]], dtype="S")
        if valeurs.dtype.kind == "i" and champ and champ.type == "date":
            valeurs = dates(valeurs)
        elif valeurs.dtype.kind == "i" and champ:
            valeurs = _chiffres(valeurs, IDENTIFIES.get(champ.nom, champ.longueur))
        largeur = min(champ.longueur if champ else valeurs.dtype.itemsize, longueur + 1 - debut)
        bruts = np.ascontiguousarray(valeurs.astype(f"S{largeur}")).view(np.uint8).reshape(*valeurs.shape, largeur)
        octets[:, :, debut - 1 : debut - 1 + largeur] = np.where(bruts == 0, ord(" "), bruts)
    return octets.reshape(len(rangs), fois * longueur)


def _chiffres(nombres: Tableau, largeur: int) -> Tableau:
    """Return numbers as byte strings of a width, with zeros before them."""
    chiffres = nombres[..., None] // 10 ** np.arange(largeur - 1, -1, -1) % 10 + ord("0")
    return np.ascontiguousarray(chiffres.astype(np.uint8)).view(f"S{largeur}")[..., 0]


def dates(jours: Tableau) -> Tableau:
    """Return days as `S8` texts JJMMAAAA (eight blanks when missing)."""
    connus = np.where(jours == NUL, 0, jours).astype("datetime64[D]")
    mois = connus.astype("datetime64[M]")
    annee = connus.astype("datetime64[Y]").astype(np.int64) + 1970
    du_mois = (connus - mois.astype("datetime64[D]")).astype(np.int64) + 1
    textes = _chiffres((du_mois * 100 + mois.astype(np.int64) % 12 + 1) * 10_000 + annee, 8)
    return np.where(jours == NUL, b" " * 8, textes)
