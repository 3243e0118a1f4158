"""Writing of the landing zone (file names, delimiters, encodings, faulty rows), and what was written and planted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .calendrier import Calendrier, date_de
from .hasard import generateur
from .lignes import DONNEES, NUL, Table, Tableau, sql_texte, sql_type

RENVOI = 97
"""One row in `RENVOI` of the earlier files is sent again, unchanged, in the last one."""
PART_FAUTIVE = 0.0009
ORDINAIRE = {
    "separateur": ";", "jour": "%Y-%m-%d", "liaison": " ", "vrai": "true", "faux": "false", "encodage": "utf-8",
    "fin_de_ligne": "\n", "parquet": False, "colonne_locale": False, "inverse": False,
}  # fmt: skip
"""The plain form of a file; `variantes` in the data say which differ."""

# For the texts of messages: instant of a number of seconds; day; number with zeros before it; zone of an instant in Paris.
MACROS = """
create macro t(s) as make_timestamp(s * 1000000);
create macro h(s) as strftime(t(s), '%Y%m%d%H%M%S');
create macro j(d) as strftime(t(d * 86400), '%Y%m%d');
create macro n(x, largeur) as lpad(x::varchar, largeur, '0');
create macro zone(s) as if(t(s) - timezone('UTC', timezone('Europe/Paris', t(s))) = interval 2 hour, '+0200', '+0100');
"""

Fautive = tuple[str, str, str]
"""A faulty line: text, column at fault, reason; an empty reason is not a reject (blank line)."""


class RejetAttendu(NamedTuple):
    """A faulty row or line planted in a file (path from the landing zone), with the reason that the reader must give.

    The header of a CSV is line 1; the column is empty when the whole row is at fault.
    """

    fichier: str
    ligne: int
    colonne: str
    motif: str


class Difference(NamedTuple):
    """A planted difference between the GAM and the PMSI of one establishment, on the venue of the smallest iep of a stay.

    Its nature is `SEUL_GAM`, `SEUL_PMSI`, `DATES`, `EN_COURS` (open stay, not in the PMSI yet), `SANS_IPP` (no VID-HOSP line) or
    `IEP_REGROUPES` (several venues in the GAM, one stay number in the PMSI).
    """

    finess_ej: str
    champ: str
    iep: str
    nature: str


@dataclass
class Bilan:
    """Result of the generation: what was written where, up to which day, and what was planted.

    Args:
        etablissements: FINESS juridiques, in order.
        lignes: rows written by flux (rows of every file, faulty ones included), or lines by kind of PMSI file.
        octets: total size in bytes.
        fichiers_inconnus: paths of the files that belong to no flux.
    """

    dossier: Path
    fin: date
    etablissements: list[str] = field(default_factory=list)
    lignes: Counter[str] = field(default_factory=Counter)
    fichiers: int = 0
    octets: int = 0
    rejets_attendus: list[RejetAttendu] = field(default_factory=list)
    fichiers_inconnus: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


class Depot:
    """Writes the files of one landing zone, whose root exists and is empty, and keeps count of them."""

    def __init__(self, dossier: Path, calendrier: Calendrier, bilan: Bilan, graine: int) -> None:
        """Open the in-memory engine that formats the rows."""
        self.dossier, self.calendrier, self.bilan, self.graine = dossier, calendrier, bilan, graine
        self.connexion = duckdb.connect(config={"threads": 2})
        self.connexion.execute(f"set enable_progress_bar = false; set preserve_insertion_order = true; {MACROS}")

    def table(self, chemin: str, profil: str, table: Table, nb_fichiers: int) -> None:
        """Write the files of one flux of one establishment, one per successive extraction; the profile decides of their form."""
        forme = ORDINAIRE | DONNEES["variantes"][profil].get(table.flux, {})
        dates = self.calendrier.dates_de_fichiers(nb_fichiers)
        for precedente, limite in zip([NUL, *dates], dates, strict=False):
            dernier = limite == dates[-1]
            rangs, provisoires = _lignes_du_fichier(table, precedente, limite, dernier)
            if not dernier and not len(rangs):
                continue
            relation = table.arrow(rangs, provisoires)
            fichier = f"{chemin}_{date_de(limite):%Y%m%d}.{'parquet' if forme['parquet'] else 'csv'}"
            if forme["parquet"]:
                typees = ", ".join(f"{sql_type(c)} as {c.nom}" for c in table.colonnes)
                pq.write_table(self._executer(relation, typees), self._cible(fichier), compression="zstd")
                self.bilan.lignes[table.flux] += len(relation)
            else:
                self._csv(fichier, table, relation, forme, avec_fautes=dernier)

    def texte(self, chemin: str, contenu: str) -> None:
        """Write a small text file, at a path from the landing zone."""
        self.lignes(chemin, pa.array([contenu], pa.large_string()), "")

    def lignes(
        self,
        chemin: str,
        lignes: pa.Array,
        genre: str,
        fautives: Sequence[Fautive] = (),
        fin_de_ligne: str = "\r\n",
        encodage: str = "utf-8",
        entete: str = "",
    ) -> None:
        """Write lines of text (large strings with their ends) at a path from the landing zone, counted under the name of a kind.

        Faulty lines come after them, whose end is to be said; a header, which is not counted, before them.
        """
        nombre, octets = len(lignes), b""
        if nombre:
            # A column of texts holds them end to end.
            bornes = np.frombuffer(lignes.buffers()[1], dtype=np.int64)[lignes.offset :]
            octets = memoryview(lignes.buffers()[2])[bornes[0] : bornes[nombre]]
        with self._cible(chemin).open("wb") as sortie:
            sortie.write(entete.encode(encodage))
            sortie.write(octets if encodage.startswith("utf-8") else bytes(octets).decode().encode(encodage))
            for texte, colonne, motif in fautives:
                nombre += 1
                sortie.write((texte + fin_de_ligne).encode(encodage.removesuffix("-sig")))
                if motif:
                    self.bilan.rejets_attendus.append(RejetAttendu(chemin, nombre + bool(entete), colonne, motif))
        if genre:
            self.bilan.lignes[genre] += nombre

    def formuler(self, relation: pa.Table, expression: str) -> pa.Array:
        """Return the texts of an SQL expression, one per row of a relation, in order."""
        textes = self._executer(relation, f"{expression} as texte").column(0)
        return pa.concat_arrays([pa.array([], pa.large_string()), *(lot.cast(pa.large_string()) for lot in textes.chunks)])

    def _executer(self, relation: pa.Table, colonnes: str) -> pa.Table:
        self.connexion.register("lignes", relation)
        return self.connexion.execute(f"select {colonnes} from lignes").to_arrow_table()

    def _cible(self, chemin: str) -> Path:
        cible = self.dossier / chemin
        cible.parent.mkdir(parents=True, exist_ok=True)
        return cible

    def _csv(self, chemin: str, table: Table, relation: pa.Table, forme: dict[str, Any], avec_fautes: bool) -> None:
        separateur, fin_de_ligne, encodage = forme["separateur"], forme["fin_de_ligne"], forme["encodage"]
        textes = {c.nom: sql_texte(c, forme) for c in table.colonnes[:: -1 if forme["inverse"] else 1]}
        if forme["colonne_locale"]:
            textes["colonne_locale"] = "'x'"
        # concat writes a null as nothing, in one pass over all the fields.
        expression = f"concat({f', {litteral(separateur)}, '.join(textes.values())}, {litteral(fin_de_ligne)})"
        fautives = self._fautives(chemin, table.flux, relation, textes, separateur) if avec_fautes and len(relation) else ()
        entete = separateur.join(textes) + fin_de_ligne
        self.lignes(chemin, self.formuler(relation, expression), table.flux, fautives, fin_de_ligne, encodage, entete)

    def _fautives(self, chemin: str, flux: str, relation: pa.Table, textes: dict[str, str], separateur: str) -> list[Fautive]:
        """Return faulty rows: good rows of the file, spoilt one column each."""
        catalogue = DONNEES["fautes"].get(flux, "").split(", ")
        nombre = min(60, round(len(relation) * PART_FAUTIVE + 0.2)) if catalogue[0] else 0
        rng, fautives = generateur(self.graine, chemin, "fautes"), []
        tirees = relation.take(pa.array(rng.integers(0, len(relation), nombre)))
        copies = self._executer(tirees, ", ".join(f"{texte} as {nom}" for nom, texte in textes.items())).to_pylist()
        depart = int(rng.integers(0, len(catalogue)))
        for rang, copie in enumerate(copies):
            motif, colonne, valeur = (*catalogue[(depart + rang) % len(catalogue)].split(" ", 2), "", "")[:3]
            champs = {nom: texte or "" for nom, texte in copie.items()}
            if colonne:
                champs[colonne] = valeur
            else:
                champs.popitem()
            fautives.append((separateur.join(champs.values()), colonne, motif))
        return fautives


def _lignes_du_fichier(table: Table, precedente: int, limite: int, dernier: bool) -> tuple[Tableau, Tableau]:
    """Return the rows of one extraction, and which of them are written as they were before their last change."""
    evenement, maj = table.lignes.evenement, table.lignes.maj
    connue = evenement <= limite
    if table.cumulatif:
        prises = connue
    else:
        prises = connue & ((evenement > precedente) | ((maj > precedente) & (maj <= limite)))
        if dernier:
            prises |= connue & (np.arange(len(evenement)) % RENVOI == 13)
    rangs = np.flatnonzero(prises)
    return rangs, np.zeros(len(rangs), dtype=bool) if dernier else maj[rangs] > limite


def litteral(texte: str) -> str:
    """Return the SQL literal of a text that may hold control characters."""
    return " || ".join(f"chr({ord(c)})" for c in texte) or "''"
