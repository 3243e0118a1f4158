"""Rows held by column as numpy arrays, and the SQL that turns each column of a flux into the text of an export.

The contract says how a column is held: a boolean is 0, 1 or -1 (missing); a day is counted from 1970-01-01 and an instant in
seconds since then, as an integer (missing: `NUL`); a code is its index among the values admitted, an identifier is a number
(missing: -1); other texts are a `Texte`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pyarrow as pa
import yaml

from socle.lecture.contrat import Colonne, contrat

from .hasard import Tableau


def lire_donnees(nom: str) -> dict[str, Any]:
    """Return the data of a file of the package, which says what they are."""
    return yaml.safe_load(Path(__file__).with_name(f"{nom}.yaml").read_text(encoding="utf-8"))


DONNEES = lire_donnees("donnees")
"""Profiles, kinds of venue, faults and texts of the demonstration."""

NUL = np.iinfo(np.int64).min
"""Missing day, instant or integer."""
# Leading text and number of digits of the identifiers.
IDENTIFIANTS = {
    "ipp": ("", 8), "iep": ("", 9), "uf": ("", 4), "service_id": ("S", 2), "correspondant_id": ("100", 8),
    "utilisateur_id": ("U", 5), "intervention_id": ("I", 7), "prescription_id": ("P", 8), "document_id": ("D", 8),
    "set_id": ("L", 8), "rdv_id": ("R", 8), "transmission_id": ("X", 8), "lot_id": ("LOT", 8), "message_id": ("M", 8),
    "transaction_id": ("T", 8), "reception_id": ("Q", 7),
}  # fmt: skip


class Lignes:
    """Rows held by column: every attribute is an array with one value per row."""

    def __init__(self, **colonnes: Any) -> None:
        """Hold the columns, all of one length."""
        vars(self).update(colonnes)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(vars(self).values())))

    def prendre(self, rangs: Tableau) -> Self:
        """Return the rows of the numbers `rangs`, in that order."""
        return type(self)(**{nom: valeurs[rangs] for nom, valeurs in vars(self).items()})

    def trier(self, *cle: str) -> Self:
        """Return the rows in the order of some columns, the first one before all."""
        return self.prendre(np.lexsort([vars(self)[nom] for nom in reversed(cle)]))

    @classmethod
    def bout_a_bout(cls, *lots: Self) -> Self:
        """Return the rows of several lots with the same columns."""
        return cls(**{nom: np.concatenate([vars(lot)[nom] for lot in lots]) for nom in vars(lots[0])})


@dataclass(frozen=True)
class Texte:
    """A column of texts: index of each row among the labels, -1 when missing."""

    rangs: Tableau
    etiquettes: Sequence[str]

    @classmethod
    def de(cls, textes: Sequence[str]) -> Self:
        """Return the column of the texts themselves; an empty one is missing."""
        rangs = [rang if texte else -1 for rang, texte in enumerate(textes)]
        return cls(np.array(rangs, dtype=np.int64), textes)

    def __getitem__(self, rangs: Tableau) -> Self:
        """Return some of the rows."""
        return type(self)(self.rangs[rangs], self.etiquettes)

    def arrow(self) -> pa.Array:
        """Return the column as an Arrow dictionary."""
        indices = pa.array(self.rangs.astype(np.int32), mask=self.rangs < 0)
        return pa.DictionaryArray.from_arrays(indices, pa.array(self.etiquettes, pa.string()))


def _arrow(genre: str, valeurs: Tableau) -> pa.Array:
    if genre == "boolean":
        return pa.array(valeurs.astype(bool), mask=valeurs < 0)
    if genre == "double":
        return pa.array(valeurs, mask=np.isnan(valeurs))
    manquant = valeurs < 0 if genre == "varchar" else valeurs == NUL
    if genre == "date":
        return pa.array(np.where(manquant, 0, valeurs).astype(np.int32), mask=manquant).cast(pa.date32())
    return pa.array(valeurs.astype(np.int64), mask=manquant)


def sql_type(colonne: Colonne) -> str:
    """Return the SQL expression of a column in the contract's type."""
    if colonne.type == "timestamp":
        return f"make_timestamp({colonne.nom} * 1000000)"
    if colonne.nom in IDENTIFIANTS:
        prefixe, largeur = IDENTIFIANTS[colonne.nom]
        return f"'{prefixe}' || lpad({colonne.nom}::varchar, {largeur}, '0')"
    return f"{colonne.nom}::{colonne.type}"


def sql_texte(colonne: Colonne, forme: dict[str, Any]) -> str:
    """Return the SQL expression of a column as the text of a CSV field (null when missing), as a form of file has it."""
    valeur, jour, liaison = sql_type(colonne), forme["jour"], forme["liaison"]
    if colonne.type == "boolean":
        return f"case {valeur} when true then '{forme['vrai']}' when false then '{forme['faux']}' end"
    if colonne.type == "date" and jour != "%Y-%m-%d":
        return f"strftime({valeur}, '{jour}')"
    if colonne.type == "timestamp" and (jour, liaison) != ("%Y-%m-%d", " "):
        return f"strftime({valeur}, '{jour}{liaison}%H:%M:%S')"
    if colonne.type != "varchar" or colonne.valeurs or colonne.nom in IDENTIFIANTS:
        return f"({valeur})::varchar"
    a_citer = f"contains({valeur}, '{forme['separateur']}') or contains({valeur}, '\"')"
    return f"case when {a_citer} then '\"' || replace({valeur}, '\"', '\"\"') || '\"' else {valeur} end"


class Table(NamedTuple):
    """The rows of one flux (named as in the contract) of one establishment, and when each of them was known.

    Beside its columns, a row has `evenement`, the day when it came to exist (first file that holds it), `maj`, that when it took
    its final values, and what columns held before: `avant_` and their name. Every file of a flux that is `cumulatif` repeats all
    the rows known at its date, as a referential does.
    """

    flux: str
    lignes: Lignes
    cumulatif: bool

    @property
    def colonnes(self) -> list[Colonne]:
        """The columns of the contract that the rows have."""
        return [colonne for colonne in contrat()[self.flux] if colonne.nom in vars(self.lignes)]

    def arrow(self, rangs: Tableau, provisoires: Tableau) -> pa.Table:
        """Return rows (row numbers) as an Arrow table, some of them, as told for each, as they were before `maj`."""
        lignes, colonnes = vars(self.lignes.prendre(rangs)), {}
        for colonne in self.colonnes:
            valeurs = lignes[colonne.nom]
            valeurs = valeurs if isinstance(valeurs, Texte) else Texte(valeurs, colonne.valeurs)
            if f"avant_{colonne.nom}" in lignes:
                valeurs = Texte(np.where(provisoires, lignes[f"avant_{colonne.nom}"], valeurs.rangs), valeurs.etiquettes)
            colonnes[colonne.nom] = valeurs.arrow() if len(valeurs.etiquettes) else _arrow(colonne.type, valeurs.rangs)
        return pa.table(colonnes)
