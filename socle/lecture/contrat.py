"""The contract of the landing zone, as the seeds say it: the columns of each flux, and what each may hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from socle import graines


@dataclass(frozen=True)
class Colonne:
    """One column of a flux.

    ``type``: varchar, integer, double, boolean, date or timestamp; ``valeurs``: the only ones admitted, if any;
    ``controle``: ``>=n``, ``a..b``, ``longueur=n``, ``jour=n`` or ``fuseau``; ``condition``: (column, value) with which alone
    the column is read, and must then be filled; ``apres``: column whose day may not be later; ``nature``: IDENTIFIANT, FIN, NAISSANCE or
    empty.
    """

    nom: str
    type: str
    cle: bool
    obligatoire: bool
    valeurs: tuple[str, ...]
    controle: str
    condition: tuple[str, str] | None
    apres: str
    nature: str
    description: str = ""

    @property
    def texte(self) -> str:
        """Name, in SQL, of the column that holds the text of its value."""
        return f'"{self.nom}"' if self.type == "varchar" else f'"{self.nom}__texte"'


@cache
def contrat() -> dict[str, tuple[Colonne, ...]]:
    """Columns of each flux, in the contract's order."""
    natures = {ligne["colonne"]: ligne["nature"] for ligne in graines.lire("natures_colonnes")}
    resultat: dict[str, tuple[Colonne, ...]] = {}
    for ligne in sorted(graines.lire("contrat_flux"), key=lambda ligne: int(ligne["ordre"])):
        condition = ligne["condition"].split(" = ")
        colonne = Colonne(
            nom=ligne["colonne"],
            type=ligne["type"],
            cle=ligne["cle"] == "oui",
            obligatoire=ligne["obligatoire"] == "oui",
            valeurs=tuple(ligne["valeurs"].split(" | ")) if ligne["valeurs"] else (),
            controle=ligne["controle"],
            condition=(condition[0], condition[1]) if len(condition) == 2 else None,
            apres=ligne["apres"],
            nature=natures.get(ligne["colonne"], ""),
            description=ligne["description"],
        )
        resultat[ligne["flux"]] = (*resultat.get(ligne["flux"], ()), colonne)
    return resultat
