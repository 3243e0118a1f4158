"""Fixed-width lines built in SQL: where each field stands, and repeated zones held as end-to-end bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from ..colonnes import NUL

Tableau = np.ndarray


@dataclass(frozen=True)
class Champ:
    """One field of a fixed-width line.

    Args:
        debut: first column, from 1.
        longueur: number of columns.
        valeur: SQL expression, or the text itself for a constant.
        genre: `texte` (left-justified), `nombre` (right-justified, zero-filled), `jour` (JJMMAAAA, blanks when
            missing) or `constante`.
    """

    debut: int
    longueur: int
    valeur: str
    genre: Literal["texte", "nombre", "jour", "constante"]


def texte(debut: int, longueur: int, valeur: str) -> Champ:
    """Return a left-justified field."""
    return Champ(debut, longueur, valeur, "texte")


def nombre(debut: int, longueur: int, valeur: str) -> Champ:
    """Return a right-justified, zero-filled field."""
    return Champ(debut, longueur, valeur, "nombre")


def jour(debut: int, valeur: str) -> Champ:
    """Return a date field of 8 columns."""
    return Champ(debut, 8, valeur, "jour")


def constante(debut: int, valeur: str) -> Champ:
    """Return a field that is the same on every line."""
    return Champ(debut, len(valeur), valeur, "constante")


def ligne(longueur: int, champs: Sequence[Champ]) -> str:
    """Return the SQL expression of the fixed part of a line; columns without a field are blank.

    Args:
        longueur: length of the fixed part.
        champs: fields, in any order, that do not overlap.

    Raises:
        ValueError: two fields overlap, or one passes the end.
    """
    morceaux: list[str] = []
    litteral = ""
    position = 1
    for champ in sorted(champs, key=lambda c: c.debut):
        if champ.debut < position or champ.debut + champ.longueur - 1 > longueur:
            raise ValueError(f"champ mal placé : {champ}")
        litteral += " " * (champ.debut - position)
        position = champ.debut + champ.longueur
        if champ.genre == "constante":
            litteral += champ.valeur
            continue
        if litteral:
            morceaux.append(f"'{litteral}'")
            litteral = ""
        morceaux.append(_expression(champ))
    litteral += " " * (longueur + 1 - position)
    if litteral:
        morceaux.append(f"'{litteral}'")
    return f"concat({', '.join(morceaux)})"


def _expression(champ: Champ) -> str:
    if champ.genre == "jour":
        return f"coalesce(strftime({champ.valeur}, '%d%m%Y'), '        ')"
    if champ.genre == "nombre":
        return f"lpad(({champ.valeur})::varchar, {champ.longueur}, '0')"
    return f"rpad(coalesce(({champ.valeur})::varchar, ''), {champ.longueur}, ' ')"


def bouts(valeurs: Tableau) -> pa.Array:
    """Return as an Arrow string array the rows of a matrix of fixed-width byte strings, put end to end.

    Args:
        valeurs: array of dtype `S<n>` without NUL bytes, of one or two dimensions.
    """
    matrice = np.ascontiguousarray(valeurs)
    nb = len(matrice)
    largeur = matrice.dtype.itemsize * (matrice.shape[1] if matrice.ndim == 2 else 1)
    positions = np.arange(nb + 1, dtype=np.int64) * largeur
    tampons = [None, pa.py_buffer(positions), pa.py_buffer(matrice.tobytes())]
    return pa.Array.from_buffers(pa.large_string(), nb, tampons)


def dates(jours: Tableau) -> Tableau:
    """Return days as `S8` texts JJMMAAAA (eight blanks when missing)."""
    presents = jours[jours != NUL]
    if not len(presents):
        return np.full(jours.shape, b"        ", dtype="S8")
    premier, dernier = int(presents.min()), int(presents.max())
    calendrier = np.arange(premier, dernier + 1).astype("datetime64[D]")
    iso = np.datetime_as_string(calendrier).astype("S10")
    vue = iso.view(np.uint8).reshape(-1, 10)[:, [8, 9, 5, 6, 0, 1, 2, 3]]
    table = np.ascontiguousarray(vue).reshape(-1).view("S8")
    indices = np.where(jours == NUL, premier, jours) - premier
    return np.where(jours == NUL, b"        ", table[indices])


def date32(jours: Tableau) -> pa.Array:
    """Return days as an Arrow date column (missing: `NUL`)."""
    manquant = jours == NUL
    return pa.array(np.where(manquant, 0, jours).astype(np.int32), mask=manquant).cast(pa.date32())


def etiquettes(indices: Tableau, valeurs: Sequence[str]) -> pa.Array:
    """Return the texts of indices as an Arrow dictionary column (missing: -1)."""
    codes = pa.array(indices.astype(np.int32), mask=indices < 0)
    return pa.DictionaryArray.from_arrays(codes, pa.array(list(valeurs), pa.string()))


def assembler(morceaux: Sequence[tuple[Tableau, int]]) -> Tableau:
    """Put byte columns side by side.

    Args:
        morceaux: pairs (array of dtype `S`, width); each value is blank-filled to its width.

    Returns:
        array of dtype `S<sum of the widths>`.
    """
    nb = len(morceaux[0][0])
    total = sum(largeur for _, largeur in morceaux)
    octets = np.full((nb, total), 32, dtype=np.uint8)
    position = 0
    for valeurs, largeur in morceaux:
        bruts = np.ascontiguousarray(valeurs).astype(f"S{largeur}").view(np.uint8).reshape(nb, largeur)
        octets[:, position : position + largeur] = np.where(bruts == 0, 32, bruts)
        position += largeur
    return octets.reshape(-1).view(f"S{total}")
