"""HL7 v2 messages from the segments that `messages.yaml` describes, and archives of messages."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from .calendrier import JOUR, date_de, mois_de
from .depot import Depot, Fautive, litteral
from .hasard import Tableau
from .lignes import Lignes, Texte, lire_donnees

DONNEES = lire_donnees("messages")


def _sql(texte: str, fin: str) -> str:
    """Return the SQL expression of a text of `messages.yaml`, each of its lines followed by an end."""
    lignes = []
    for ligne in re.sub(r"\n +", "", texte).split("\n"):
        condition, contenu = re.fullmatch(r"(?:si (.*?) (?=[A-Z]{3}\||<\w))?(.*)", ligne).groups()
        morceaux = re.split(r"\{([^{}]*)\}", contenu + fin)
        cites = ("'" + morceau.replace("'", "''") + "'" if rang % 2 == 0 else morceau for rang, morceau in enumerate(morceaux))
        expression = f"concat({', '.join(cites)})"
        lignes.append(f"case when {condition} then {expression} else '' end" if condition else expression)
    return f"concat({', '.join(lignes)})"


def message(noms: str) -> str:
    """Return the SQL expression of segments end to end; a name in small letters is a column that holds some."""
    textes = (nom if nom.islower() else _sql(DONNEES["segments"][nom], "\r") for nom in noms.split())
    return f"concat({', '.join(textes)})".replace("(cda)", f"({_sql(DONNEES['cda'], '')})")


def nul(valeurs: Tableau, absents: Tableau | None = None) -> Tableau:
    """Return numbers that are missing where they are negative, or where told."""
    return np.ma.masked_array(valeurs, valeurs < 0 if absents is None else absents)


class Archive:
    """Messages of one flow, gathered then written in a folder by month in order of date; files and numbers begin by a prefix."""

    def __init__(self, depot: Depot, dossier: str, prefixe: str, **constantes: str) -> None:
        """Begin without any message; some columns are the same for all."""
        self.depot, self.dossier, self.prefixe, self.constantes = depot, dossier, prefixe, constantes
        self.textes: list[pa.Array] = []
        self.dates: list[Tableau] = []
        self.dernier = 0

    def numeros(self, nombre: int) -> Tableau:
        """Return the next message numbers."""
        self.dernier += nombre
        return np.arange(self.dernier - nombre, self.dernier) + 1

    def ajouter(self, noms: str, lignes: Lignes, **communs: str) -> None:
        """Add one message per row, from its segments after MSH and the columns that they name; some are the same for all.

        Rows have `date` (instant), and `numero` when it is not the next one.
        """
        nombre, dates = len(lignes), lignes.date
        if not nombre:
            return
        jeu = Texte(_en_latin(mois_de(dates // JOUR)).astype(int), ("UNICODE UTF-8", "8859/1"))
        colonnes = {**self.constantes, "prefixe": self.prefixe, "jeu": jeu, **vars(lignes), **communs}
        if "numero" not in colonnes:
            colonnes["numero"] = self.numeros(nombre)
        relation = pa.table({nom: _arrow(valeurs, nombre) for nom, valeurs in colonnes.items()})
        self.textes.append(self.depot.formuler(relation, message(f"MSH {noms}")))
        self.dates.append(dates)

    def ecrire(self, suffixe: str, mauvais: Sequence[Fautive] = ()) -> None:
        """Write the messages, one file per month; every third month in ISO-8859-1, the first one with MLLP framing.

        Messages that cannot be taken are put at the end of the last file.
        """
        if not self.dates:
            return
        dates, textes = np.concatenate(self.dates), pa.concat_arrays(self.textes)
        mois = mois_de(dates // JOUR)
        presents = np.unique(mois).tolist()
        for rang, premier in enumerate(presents):
            rangs = np.flatnonzero(mois == premier)
            rangs = rangs[np.argsort(dates[rangs], kind="stable")]
            du_mois = pa.table({"texte": textes.take(pa.array(rangs))})
            cadre = rang == 0 and len(presents) > 1
            avant, fin = ("\x0b", "\x1c\r") if cadre else ("", "\n" if rang % 2 else "\r\n")
            self.depot.lignes(
                f"{self.dossier}/{self.prefixe.lower()}_{date_de(premier):%Y%m}.{suffixe}",
                self.depot.formuler(du_mois, f"concat({litteral(avant)}, texte, {litteral(fin)})"),
                f"hl7/{self.prefixe.lower()}",
                mauvais if premier == presents[-1] else (),
                fin_de_ligne="\r" if cadre else fin,
                encodage="iso8859-1" if _en_latin(premier) else "utf-8",
            )


def _arrow(valeurs: Any, nombre: int) -> pa.Array:
    if isinstance(valeurs, str):
        return pa.repeat(pa.scalar(valeurs), nombre)
    return valeurs.arrow().cast(pa.string()) if isinstance(valeurs, Texte) else pa.array(valeurs)


def _en_latin(mois: Any) -> Any:
    """Tell which months, by their first day, were archived in ISO-8859-1."""
    return mois // 28 % 3 == 1
