"""Lines of the PMSI written from the positions that the seeds give to each version of a type of file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from socle.lecture.pmsi_formats import Champ, Format, champs_du_fichier, formats

from ..lignes import IDENTIFIANTS, NUL, Tableau, Texte

Contenus = Mapping[str | int, Any]
"""What to write, by field or by column of the line (from 1, or from its end when negative); `mode_entree+1` is the column after
that of a field.

A text is the same on every line and a `Texte` is one of several, both left-justified; bytes as well. Numbers fill the field
with zeros before them, but for the numbers of patients and of stays; those of a date are days.
"""
IDENTIFIES = {"ipp": IDENTIFIANTS["ipp"][1], "nda": IDENTIFIANTS["iep"][1]}
"""Numbers of digits of the identifiers, left-justified."""


def rediger(
    fichier: str,
    versions: Texte | str,
    nombre: int,
    contenus: Contenus,
    zones: Mapping[str, tuple[Tableau, Contenus]] | None = None,
) -> pa.Array:
    """Return one line of text, with its end, per row.

    Args:
        fichier: type of file in the seeds.
        versions: version of each row, or of all.
        nombre: number of rows.
        contenus: what the fixed part holds; a field that a version lacks is left out, and what passes its end.
        zones: how many times each repeated zone is there, and what it holds: arrays of one row per line and one column per repeat.

    Raises:
        ValueError: no version of the file has such a field.
    """
    versions = Texte(np.zeros(nombre, dtype=np.int8), (versions,)) if isinstance(versions, str) else versions
    if inconnus := {_nom(cle) for cle in contenus if isinstance(cle, str)} - set(champs_du_fichier(fichier)):
        raise ValueError(f"champs inconnus de {fichier} : {', '.join(sorted(inconnus))}")
    morceaux, ordre = [pa.array([], pa.large_string())], [np.zeros(0, dtype=np.int64)]
    for rang, version in enumerate(versions.etiquettes):
        rangs = np.flatnonzero(versions.rangs == rang)
        if len(rangs):
            lu = next(lu for lu in formats()[fichier] if lu.version == version)
            morceaux.append(_lignes(lu, rangs, contenus, zones or {}))
            ordre.append(rangs)
    return pa.concat_arrays(morceaux).take(pa.array(np.argsort(np.concatenate(ordre), kind="stable")))


def _lignes(lu: Format, rangs: Tableau, contenus: Contenus, zones: Mapping[str, tuple[Tableau, Contenus]]) -> pa.Array:
    """Return the lines of one version: its parts side by side, where the columns that a row does not have are left out."""
    if lu.debut_version:
        contenus = {**contenus, lu.debut_version: lu.version}
    parties = [_bloc(lu.longueur, lu.champs, contenus, rangs, 1)]
    presentes = [np.ones(parties[0].shape, dtype=bool)]
    for zone in lu.zones:
        combien, valeurs = zones[zone.nom]
        fois = max((v.shape[1] for v in valeurs.values() if isinstance(v, np.ndarray) and v.ndim == 2), default=1)
        parties.append(_bloc(zone.longueur, zone.champs, valeurs, rangs, fois))
        presentes.append(np.arange(fois * zone.longueur) < combien[rangs, None] * zone.longueur)
    parties.append(np.broadcast_to(np.frombuffer(b"\r\n", dtype=np.uint8), (len(rangs), 2)))
    presentes.append(np.ones((len(rangs), 2), dtype=bool))
    garde = np.concatenate(presentes, axis=1)
    positions = np.concatenate([[0], np.cumsum(garde.sum(axis=1))])
    octets = np.concatenate(parties, axis=1)[garde]
    return pa.Array.from_buffers(pa.large_string(), len(rangs), [None, pa.py_buffer(positions), pa.py_buffer(octets)])


def _bloc(longueur: int, champs: tuple[Champ, ...], contenus: Contenus, rangs: Tableau, fois: int) -> Tableau:
    """Return the bytes of fields, repeated so many times, for some rows: one row per line."""
    octets = np.full((len(rangs), fois, longueur), ord(" "), dtype=np.uint8)
    par_nom = {champ.nom: champ for champ in champs}
    for cle, valeurs in contenus.items():
        champ = par_nom.get(cle) if isinstance(cle, str) else None
        if isinstance(cle, int):
            debut = cle if cle > 0 else longueur + 1 + cle
        elif _nom(cle) in par_nom:
            debut = par_nom[_nom(cle)].debut + _decalage(cle)
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
        if champ and champ.type == "date" and valeurs.dtype.kind == "i":
            valeurs = dates(valeurs)
        elif valeurs.dtype.kind in "iu":
            largeur = IDENTIFIES.get(champ.nom, champ.longueur) if champ else 1
            valeurs = _chiffres(valeurs, largeur)
        largeur = min(champ.longueur if champ else valeurs.dtype.itemsize, longueur + 1 - debut)
        bruts = np.ascontiguousarray(valeurs.astype(f"S{largeur}")).view(np.uint8).reshape(*valeurs.shape, largeur)
        octets[:, :, debut - 1 : debut - 1 + largeur] = np.where(bruts == 0, ord(" "), bruts)
    return octets.reshape(len(rangs), fois * longueur)


def _nom(cle: str) -> str:
    return cle.replace("-", "+").split("+")[0]


def _decalage(cle: str) -> int:
    return int(cle[len(_nom(cle)) :] or 0)


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
