"""Seeded randomness: one independent generator per establishment and per subject.

Every subject (patients, venues, documents, ...) draws from its own stream, so that adding a draw to one of them
leaves the others as they were, and the same arguments always give the same bytes.
"""

import zlib
from collections.abc import Sequence

import numpy as np

Tableau = np.ndarray
Hasard = np.random.Generator


def generateur(graine: int, *noms: str) -> Hasard:
    """Return the generator of one subject: what the stream is for, such as a FINESS and a flux."""
    return np.random.Generator(np.random.PCG64([graine & 0xFFFFFFFF, *(zlib.crc32(nom.encode()) for nom in noms)]))


def tirer(rng: Hasard, probabilite: Tableau | float, taille: int) -> Tableau:
    """Draw `taille` booleans, each true with its own probability (0..1)."""
    return rng.random(taille) < probabilite


def choisir(rng: Hasard, poids: Sequence[float], taille: int) -> Tableau:
    """Draw `taille` indices of a weighted list; the weights need not add up to 1."""
    cumul = np.cumsum(np.asarray(poids, dtype=float))
    indices = np.searchsorted(cumul / cumul[-1], rng.random(taille), side="right")
    return np.minimum(indices, len(cumul) - 1).astype(np.int64)


def monter(avancement: Tableau, bornes: Sequence[float]) -> Tableau:
    """Return a rate (0..1) that climbs with an S shape from one bound, at 0 of the observed months, to the other, at 1."""
    t = np.clip(avancement, 0.0, 1.0)
    return bornes[0] + (bornes[1] - bornes[0]) * t * t * (3.0 - 2.0 * t)
