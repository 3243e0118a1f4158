"""The programmes, as the seed ``programmes`` lists them: whatever goes through them all goes through that list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import duckdb

from socle import graines

MEILLEUR_MOIS_DE_LA_CAMPAGNE, MEILLEUR_MOIS_DE_LA_FENETRE = "MEILLEUR_MOIS_DE_LA_CAMPAGNE", "MEILLEUR_MOIS_DE_LA_FENETRE"


@dataclass(frozen=True)
class Programme:
    """One programme of a ministry.

    ``jugement``: which period of its indicators is judged, a code of the list JUGEMENT of ``libelles_dossier``; ``saisie``: name
    of what writes the figures to type in its forms (`socle.dossier.saisie`), empty when it has none; ``en_detail``: the terminal
    shows its indicators one by one; ``depose``: a run writes its dossiers.
    """

    code: str
    libelle: str
    jugement: str
    saisie: str
    en_detail: bool
    depose: bool


_COLONNES = ("programme", "libelle", "jugement", "saisie", "en_detail", "depose")


def de_l_entrepot(connexion: duckdb.DuckDBPyConnection) -> dict[str, Programme]:
    """The programmes of a warehouse, by code, in their order."""
    lignes = connexion.execute(f"select {', '.join(_COLONNES)} from reference.programmes order by ordre").fetchall()
    return _lus(dict(zip(_COLONNES, ligne, strict=True)) for ligne in lignes)


@cache
def connus() -> dict[str, Programme]:
    """The same, where there is no warehouse."""
    return _lus(sorted(graines.lire("programmes"), key=lambda ligne: int(ligne["ordre"])))


def _lus(lignes: Iterable[Mapping[str, str | None]]) -> dict[str, Programme]:
    return {
        str(ligne["programme"]): Programme(
            *(ligne[nom] or "" for nom in _COLONNES[:4]), *(ligne[nom] == "oui" for nom in _COLONNES[4:])
        )
        for ligne in lignes
    }


def code_de(texte: str) -> str:
    """The code that somebody typed, in any case, with - for _ if one likes."""
    return texte.upper().replace("-", "_")
