"""Rows held by column as numpy arrays, and the SQL that turns each column of a flux into the text of an export.

The contract says how a column is held: a boolean is 0, 1 or -1 (missing); a day is counted from 1970-01-01 and an instant in
seconds since then, as an integer (missing: `NUL`); a code is its index among the values admitted, an identifier is a number
(missing: -1); other texts are a `Texte`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import yaml

from socle.lecture.contrat import Colonne, contrat

Tableau = np.ndarray


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

    def __getattr__(self, nom: str) -> Any:
        """Tell the type checkers that columns are attributes."""
        raise AttributeError(nom)

    def prendre(self, rangs: Tableau) -> Self:
        """Return the rows of the numbers `rangs`, in that order."""
        return type(self)(**{nom: valeurs[rangs] for nom, valeurs in vars(self).items()})

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
        return cls(
            np.array([rang if texte else -1 for rang, texte in enumerate(textes)], dtype=np.int64), [t or "" for t in textes]
        )

    def __getitem__(self, rangs: Tableau) -> Self:
        """Return some of the rows."""
        return type(self)(self.rangs[rangs], self.etiquettes)

    def arrow(self) -> pa.Array:
        """Return the column as an Arrow dictionary."""
        indices = pa.array(self.rangs.astype(np.int32), mask=self.rangs < 0)
        return pa.DictionaryArray.from_arrays(indices, pa.array(self.etiquettes, pa.string()))


def date32(jours: Tableau) -> pa.Array:
    """Return days as an Arrow date column."""
    manquant = jours == NUL
    return pa.array(np.where(manquant, 0, jours).astype(np.int32), mask=manquant).cast(pa.date32())


def _arrow(colonne: Colonne, valeurs: Tableau | Texte) -> pa.Array:
    if isinstance(valeurs, Texte):
        return valeurs.arrow()
    if colonne.valeurs:
        return Texte(valeurs, colonne.valeurs).arrow()
    if colonne.type == "boolean":
        return pa.array(valeurs.astype(bool), mask=valeurs < 0)
    if colonne.type == "date":
        return date32(valeurs)
    if colonne.type == "double":
        return pa.array(valeurs, mask=np.isnan(valeurs))
    return pa.array(valeurs.astype(np.int64), mask=valeurs < 0 if colonne.type == "varchar" else valeurs == NUL)


def sql_type(colonne: Colonne) -> str:
    """Return the SQL expression of a column in the contract's type."""
    if colonne.type == "timestamp":
        return f"make_timestamp({colonne.nom} * 1000000)"
    if colonne.nom in IDENTIFIANTS:
        prefixe, largeur = IDENTIFIANTS[colonne.nom]
        return f"'{prefixe}' || lpad({colonne.nom}::varchar, {largeur}, '0')"
    return f"{colonne.nom}::{colonne.type}"


def sql_texte(colonne: Colonne, forme: dict[str, Any]) -> str:
    """Return the SQL expression of a typed column as the text of a CSV field (null when missing), as a form of file has it."""
    nom, jour, iso = colonne.nom, forme["jour"], (forme["jour"], forme["liaison"]) == ("%Y-%m-%d", " ")
    if colonne.type == "boolean":
        return f"case {nom} when true then '{forme['vrai']}' when false then '{forme['faux']}' end"
    if colonne.type == "date" and not iso:
        return f"strftime({nom}, '{jour}')"
    if colonne.type == "timestamp" and not iso:
        return f"strftime({nom}, '{jour}{forme['liaison']}%H:%M:%S')"
    if colonne.type != "varchar":
        return f"{nom}::varchar"
    a_citer = f"contains({nom}, '{forme['separateur']}') or contains({nom}, '\"')"
    return f"case when {a_citer} then '\"' || replace({nom}, '\"', '\"\"') || '\"' else {nom} end"


@dataclass
class Table:
    """The rows of one flux of one establishment, and when each of them was known.

    Args:
        flux: name in the contract, such as `gam/venues`.
        colonnes: columns by name.
        evenement: day when each row came to exist (first file that holds it).
        maj: day when the row took its final values; `None` when rows never change.
        provisoire: values of some columns before `maj`, or the one value of all the rows; -1 for a `Texte`, which was missing.
        cumulatif: every file repeats all the rows known at its date, as a referential does.
    """

    flux: str
    colonnes: dict[str, Any]
    evenement: Tableau
    maj: Tableau | None = None
    provisoire: dict[str, Any] = field(default_factory=dict)
    cumulatif: bool = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.evenement)

    @property
    def contrat(self) -> tuple[Colonne, ...]:
        """Return the columns that the contract gives it, in order."""
        return contrat()[self.flux]

    def restreindre(self, rangs: Tableau) -> Self:
        """Return the flux with the rows of the numbers `rangs` only, in that order."""
        colonnes = {nom: valeurs[rangs] for nom, valeurs in self.colonnes.items()}
        provisoire = {nom: avant if np.isscalar(avant) else avant[rangs] for nom, avant in self.provisoire.items()}
        maj = None if self.maj is None else self.maj[rangs]
        return type(self)(self.flux, colonnes, self.evenement[rangs], maj, provisoire, self.cumulatif)

    def arrow(self, rangs: Tableau, provisoires: Tableau) -> pa.Table:
        """Return rows as an Arrow table.

        Args:
            rangs: row numbers wanted.
            provisoires: for each of them, whether it is written as it was before `maj`.
        """
        colonnes = {}
        for colonne in self.contrat:
            prises = self.colonnes[colonne.nom][rangs]
            if colonne.nom in self.provisoire:
                avant = self.provisoire[colonne.nom]
                if isinstance(prises, Texte):
                    prises = Texte(np.where(provisoires, avant, prises.rangs), prises.etiquettes)
                else:
                    prises = np.where(provisoires, avant if np.isscalar(avant) else avant[rangs], prises)
            colonnes[colonne.nom] = _arrow(colonne, prises)
        return pa.table(colonnes)
