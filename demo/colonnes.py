"""Columns held as numpy arrays, and the SQL that turns each of them into the text of an export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pyarrow as pa

Tableau = np.ndarray
Genre = Literal["entier", "decimal", "jour", "instant", "code", "booleen", "ident", "texte"]

NUL = np.iinfo(np.int64).min
"""Missing value of `entier`, `jour` and `instant`; `code`, `booleen` and `ident` use -1."""

JOUR = 86_400


def zeros_devant(textes: Tableau, largeur: int) -> Tableau:
    """Texts of digits, with zeros before them up to a width; numpy's own takes no empty array."""
    return np.char.zfill(textes, largeur) if textes.size else textes


@dataclass(frozen=True)
class Forme:
    """How values are written in one file.

    Args:
        separateur: field delimiter.
        jour: strftime pattern of a date.
        booleens: texts of true and false.
        liaison: character between the date and the time of a timestamp.
    """

    separateur: str = ";"
    jour: str = "%Y-%m-%d"
    booleens: tuple[str, str] = ("true", "false")
    liaison: str = " "


@dataclass(frozen=True)
class Colonne:
    """One column: values in a compact numeric form, and what is needed to write them.

    Args:
        genre: kind of value. `jour` counts days and `instant` seconds since 1970-01-01; `code` is an index in
            `etiquettes`; `ident` is a number written with `prefixe` and zero-padded to `largeur`.
        valeurs: numpy array (or an Arrow string array for `texte`).
        etiquettes: labels of a `code`.
        prefixe: leading text of an `ident`.
        largeur: number of digits of an `ident`, of decimals of a `decimal`.
    """

    genre: Genre
    valeurs: Tableau | pa.Array
    etiquettes: tuple[str, ...] = ()
    prefixe: str = ""
    largeur: int = 0

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self.valeurs)

    def prendre(self, lignes: Tableau) -> Colonne:
        """Return the column restricted to the row numbers `lignes`, in that order."""
        if isinstance(self.valeurs, pa.Array):
            return replace(self, valeurs=self.valeurs.take(pa.array(lignes)))
        return replace(self, valeurs=self.valeurs[lignes])

    def arrow(self) -> pa.Array:
        """Return the values as an Arrow array, missing ones as nulls."""
        if self.genre == "texte":
            return self.valeurs
        if self.genre == "code":
            indices = pa.array(self.valeurs.astype(np.int32), mask=self.valeurs < 0)
            return pa.DictionaryArray.from_arrays(indices, pa.array(self.etiquettes, pa.string()))
        if self.genre == "booleen":
            return pa.array(self.valeurs.astype(bool), mask=self.valeurs < 0)
        if self.genre == "decimal":
            return pa.array(self.valeurs, mask=np.isnan(self.valeurs))
        manquant = self.valeurs < 0 if self.genre == "ident" else self.valeurs == NUL
        valeurs = pa.array(self.valeurs.astype(np.int64), mask=manquant)
        return valeurs.cast(pa.int32()).cast(pa.date32()) if self.genre == "jour" else valeurs

    def sql_type(self, nom: str) -> str:
        """Return the SQL expression of the value in the contract's type."""
        if self.genre == "instant":
            return f"make_timestamp({nom} * 1000000)"
        if self.genre == "ident":
            return f"'{self.prefixe}' || lpad({nom}::varchar, {self.largeur}, '0')"
        if self.genre == "decimal":
            return f"{nom}::double"
        return f"{nom}::varchar" if self.genre in ("code", "texte") else nom

    def sql_texte(self, nom: str, forme: Forme) -> str:
        """Return the SQL expression of the value as the text of a CSV field (null when missing)."""
        if self.genre == "entier":
            texte = f"{nom}::varchar"
        elif self.genre == "decimal":
            texte = f"printf('%.{self.largeur}f', {nom})"
        elif self.genre == "jour":
            texte = f"{nom}::varchar" if forme.jour == "%Y-%m-%d" else f"strftime({nom}, '{forme.jour}')"
        elif self.genre == "instant":
            valeur = f"make_timestamp({nom} * 1000000)"
            courant = forme.jour == "%Y-%m-%d" and forme.liaison == " "
            motif = f"{forme.jour}{forme.liaison}%H:%M:%S"
            texte = f"{valeur}::varchar" if courant else f"strftime({valeur}, '{motif}')"
        elif self.genre == "booleen":
            vrai, faux = forme.booleens
            texte = f"case {nom} when true then '{vrai}' when false then '{faux}' end"
        elif self.genre == "texte":
            texte = (
                f"case when contains({nom}, '{forme.separateur}') or contains({nom}, '\"')"
                f" then '\"' || replace({nom}, '\"', '\"\"') || '\"' else {nom} end"
            )
        else:
            texte = self.sql_type(nom)
        return texte


def entier(valeurs: Tableau) -> Colonne:
    """Return an integer column (missing: `NUL`)."""
    return Colonne("entier", valeurs)


def decimal(valeurs: Tableau, decimales: int = 1) -> Colonne:
    """Return a decimal column (missing: nan)."""
    return Colonne("decimal", valeurs, largeur=decimales)


def jour(valeurs: Tableau) -> Colonne:
    """Return a date column, in days since 1970-01-01 (missing: `NUL`)."""
    return Colonne("jour", valeurs)


def instant(valeurs: Tableau) -> Colonne:
    """Return a timestamp column, in seconds since 1970-01-01 (missing: `NUL`)."""
    return Colonne("instant", valeurs)


def code(valeurs: Tableau, etiquettes: Sequence[str]) -> Colonne:
    """Return a column of codes: indices in `etiquettes` (missing: -1)."""
    return Colonne("code", valeurs, tuple(etiquettes))


def booleen(valeurs: Tableau) -> Colonne:
    """Return a boolean column (missing: -1)."""
    return Colonne("booleen", valeurs.astype(np.int8))


def ident(valeurs: Tableau, prefixe: str, largeur: int) -> Colonne:
    """Return a column of identifiers made of a prefix and a zero-padded number (missing: -1)."""
    return Colonne("ident", valeurs, prefixe=prefixe, largeur=largeur)


def texte(valeurs: Sequence[str | None] | pa.Array) -> Colonne:
    """Return a column of free texts."""
    return Colonne("texte", valeurs if isinstance(valeurs, pa.Array) else pa.array(valeurs, pa.string()))


def constante(valeur: str, taille: int) -> Colonne:
    """Return a column that holds the same text everywhere."""
    return code(np.zeros(taille, dtype=np.int8), (valeur,))


@dataclass
class Table:
    """The rows of one flux of one establishment, and when each of them was known.

    Args:
        flux: name in the contract, such as `gam/venues`.
        colonnes: columns by name, in the order of the file.
        evenement: day when each row came to exist (first file that holds it).
        maj: day when the row took its final values; `None` when rows never change.
        provisoire: values of some columns before `maj`.
        cumulatif: every file repeats all the rows known at its date, as a referential does.
    """

    flux: str
    colonnes: dict[str, Colonne]
    evenement: Tableau
    maj: Tableau | None = None
    provisoire: dict[str, Colonne] = field(default_factory=dict)
    cumulatif: bool = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.evenement)

    def restreindre(self, lignes: Tableau) -> Table:
        """Return the flux with the rows of the numbers `lignes` only, in that order."""
        return replace(
            self,
            colonnes={nom: colonne.prendre(lignes) for nom, colonne in self.colonnes.items()},
            evenement=self.evenement[lignes],
            maj=None if self.maj is None else self.maj[lignes],
            provisoire={nom: colonne.prendre(lignes) for nom, colonne in self.provisoire.items()},
        )

    def arrow(self, lignes: Tableau | None = None, provisoires: Tableau | None = None) -> pa.Table:
        """Return the rows as an Arrow table.

        Args:
            lignes: row numbers wanted, all of them by default.
            provisoires: for each wanted row, whether it is written as it was before `maj`.
        """
        colonnes = {}
        for nom, colonne in self.colonnes.items():
            prise = colonne if lignes is None else colonne.prendre(lignes)
            if provisoires is not None and nom in self.provisoire:
                avant = self.provisoire[nom].prendre(lignes)
                prise = replace(prise, valeurs=np.where(provisoires, avant.valeurs, prise.valeurs))
            colonnes[nom] = prise.arrow()
        return pa.table(colonnes)
