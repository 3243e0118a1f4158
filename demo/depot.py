"""Writing of the landing zone: file names, delimiters, encodings, faulty rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .bilan import Bilan, RejetAttendu
from .calendrier import Calendrier, date_de
from .colonnes import Forme, Table
from .fautes import FAUTES, Faute, nombre_de_fautes
from .hasard import generateur

Tableau = np.ndarray

LIGNES_PAR_LOT = 100_000
RENVOI = 97
"""One row in `RENVOI` of the earlier files is sent again, unchanged, in the last one."""


@dataclass(frozen=True)
class Variante:
    """How the files of one flux differ from the plain form (`;`, UTF-8, LF, ISO dates).

    Args:
        forme: delimiter and texts of the values.
        encodage: Python name of the encoding.
        fin_de_ligne: end of line.
        parquet: Parquet instead of CSV.
        colonne_locale: adds a column that the contract does not know.
        inverse: columns in the reverse order.
    """

    forme: Forme = field(default_factory=Forme)
    encodage: str = "utf-8"
    fin_de_ligne: str = "\n"
    parquet: bool = False
    colonne_locale: bool = False
    inverse: bool = False


_FRANCAIS = Forme(jour="%d/%m/%Y")
_UTF8_MARQUE = "utf-8-sig"

# One entry per variant seen in the field, by profile and flux.
VARIANTES: dict[tuple[str, str], Variante] = {
    ("chu", "dpi/transmissions_mss"): Variante(parquet=True),
    ("chu", "gam/services"): Variante(encodage="cp1252"),
    ("chu", "dpi/utilisateurs"): Variante(encodage=_UTF8_MARQUE),
    ("chu", "dpi/rendez_vous"): Variante(fin_de_ligne="\r\n"),
    ("chu", "dpi/interventions"): Variante(colonne_locale=True),
    ("chu", "dpi/mises_a_jour_dossier"): Variante(forme=Forme(liaison="T")),
    ("ch", "gam/venues"): Variante(forme=Forme(separateur=",")),
    ("ch", "dpi/prescriptions"): Variante(forme=Forme(separateur="\t")),
    ("ch", "declaratif/declarations"): Variante(encodage="cp1252", fin_de_ligne="\r\n"),
    ("ch", "gam/statuts_dmp"): Variante(forme=Forme(booleens=("oui", "non"))),
    ("ch", "dpi/consultations_dmp"): Variante(forme=Forme(liaison="T"), inverse=True),
    ("epsm", "dpi/rendez_vous"): Variante(forme=_FRANCAIS),
    ("epsm", "gam/patients"): Variante(forme=replace(_FRANCAIS, booleens=("OUI", "NON")), encodage=_UTF8_MARQUE),
    ("epsm", "gam/correspondants"): Variante(forme=_FRANCAIS, fin_de_ligne="\r\n"),
    ("epsm", "dpi/transmissions_dmp"): Variante(forme=Forme(booleens=("1", "0"))),
    ("epsm", "gam/venues"): Variante(forme=Forme(separateur="\t"), inverse=True),
}

INCONNUS: dict[str, tuple[tuple[str, str], ...]] = {
    "chu": (("dpi/extraction_locale.csv", "colonne;valeur\nessai;1\n"),),
    "ch": (("gam/lisez_moi.txt", "Exports déposés chaque mois par le service informatique.\n"),),
    "epsm": (),
}
"""Files that belong to no flux, by profile."""


class Depot:
    """Writes the files of one landing zone and keeps count of them.

    Args:
        dossier: root of the landing zone, existing and empty.
        calendrier: months covered.
        bilan: counts, completed at each file.
        graine: seed.
    """

    def __init__(self, dossier: Path, calendrier: Calendrier, bilan: Bilan, graine: int) -> None:
        """Open the in-memory engine that formats the rows."""
        self.dossier = dossier
        self.calendrier = calendrier
        self.bilan = bilan
        self.graine = graine
        self.connexion = duckdb.connect(config={"threads": 2})
        self.connexion.execute("set enable_progress_bar = false; set preserve_insertion_order = true")

    def fermer(self) -> None:
        """Close the engine."""
        self.connexion.close()

    def table(self, finess: str, profil: str, table: Table, nb_fichiers: int) -> None:
        """Write the files of one flux of one establishment.

        Args:
            finess: establishment.
            profil: its profile, which decides of the variant.
            table: the rows.
            nb_fichiers: number of successive extractions.
        """
        variante = VARIANTES.get((profil, table.flux), Variante())
        dates = self.calendrier.dates_de_fichiers(nb_fichiers)
        precedente = np.iinfo(np.int64).min
        for rang, limite in enumerate(dates):
            dernier = rang == len(dates) - 1
            lignes, provisoires = _lignes_du_fichier(table, precedente, limite, dernier)
            precedente = limite
            if not dernier and not len(lignes):
                continue
            suffixe = "parquet" if variante.parquet else "csv"
            chemin = f"{finess}/{table.flux}_{date_de(limite):%Y%m%d}.{suffixe}"
            if variante.parquet:
                self._parquet(chemin, table, lignes, provisoires)
            else:
                self._csv(chemin, table, lignes, provisoires, variante, avec_fautes=dernier)

    def texte(self, chemin: str, contenu: str, encodage: str = "utf-8") -> None:
        """Write a small text file.

        Args:
            chemin: path from the landing zone.
            contenu: whole text.
            encodage: Python name of the encoding.
        """
        cible = self._cible(chemin)
        cible.write_bytes(contenu.encode(encodage))
        self._compter(cible)

    def lignes_sql(
        self,
        chemin: str,
        relation: pa.Table,
        expression: str,
        genre: str,
        sales: Sequence[tuple[str, str, str]] = (),
        nb_lignes: int | None = None,
        fin_de_ligne: str = "\r\n",
        encodage: str = "utf-8",
    ) -> None:
        """Write one line of text per row of a relation.

        Args:
            chemin: path from the landing zone.
            relation: Arrow table whose columns the expression uses.
            expression: SQL expression of the line, without its end.
            genre: name under which the lines are counted.
            sales: faulty lines put after the others, as (text, column at fault, reason); an empty reason is not a
                reject (blank line).
            nb_lignes: number of lines given by the relation, when it is not one per row.
            fin_de_ligne: end of line.
            encodage: Python name of the encoding.
        """
        cible = self._cible(chemin)
        nombre = relation.num_rows if nb_lignes is None else nb_lignes
        with cible.open("wb") as sortie:
            for lot in self._lots(relation, f"concat({expression}, {_litteral(fin_de_ligne)})"):
                sortie.write(lot if encodage == "utf-8" else bytes(lot).decode("utf-8").encode(encodage))
            for texte, colonne, motif in sales:
                nombre += 1
                sortie.write((texte + fin_de_ligne).encode("ascii"))
                if motif:
                    self.bilan.rejets_attendus.append(RejetAttendu(chemin, nombre, colonne, motif))
        self.bilan.lignes[genre] += nombre
        self._compter(cible)

    def formuler(self, relation: pa.Table, expression: str) -> pa.Array:
        """Return the texts of an SQL expression, one per row of a relation, in order.

        Args:
            relation: Arrow table whose columns the expression uses.
            expression: SQL expression of a text.
        """
        self.connexion.register("lignes", relation)
        textes = self.connexion.execute(f"select {expression} as texte from lignes").to_arrow_table().column(0)
        self.connexion.unregister("lignes")
        return pa.concat_arrays(
            [morceau.cast(pa.large_string()) for morceau in textes.chunks] or [pa.array([], pa.large_string())]
        )

    def _cible(self, chemin: str) -> Path:
        cible = self.dossier / chemin
        cible.parent.mkdir(parents=True, exist_ok=True)
        return cible

    def _compter(self, cible: Path) -> None:
        self.bilan.fichiers += 1
        self.bilan.octets += cible.stat().st_size

    def _lots(self, relation: pa.Table, expression: str) -> Iterator[memoryview]:
        """Yield the bytes of the lines: an Arrow string column holds them end to end already."""
        self.connexion.register("lignes", relation)
        lecteur = self.connexion.execute(f"select {expression} as ligne from lignes").to_arrow_reader(LIGNES_PAR_LOT)
        for lot in lecteur:
            colonne = lot.column(0)
            if not len(colonne):
                continue
            _, positions, octets = colonne.buffers()
            bornes = np.frombuffer(positions, dtype=np.int32)
            yield memoryview(octets)[bornes[colonne.offset] : bornes[colonne.offset + len(colonne)]]
        self.connexion.unregister("lignes")

    def _parquet(self, chemin: str, table: Table, lignes: Tableau, provisoires: Tableau) -> None:
        self.connexion.register("lignes", table.arrow(lignes, provisoires))
        colonnes = ", ".join(f"{colonne.sql_type(nom)} as {nom}" for nom, colonne in table.colonnes.items())
        typee = self.connexion.execute(f"select {colonnes} from lignes").to_arrow_table()
        self.connexion.unregister("lignes")
        cible = self._cible(chemin)
        pq.write_table(typee, cible, compression="zstd")
        self.bilan.lignes[table.flux] += len(lignes)
        self._compter(cible)

    def _csv(
        self,
        chemin: str,
        table: Table,
        lignes: Tableau,
        provisoires: Tableau,
        variante: Variante,
        avec_fautes: bool,
    ) -> None:
        noms = list(table.colonnes)
        if variante.inverse:
            noms.reverse()
        forme = variante.forme
        textes = {nom: table.colonnes[nom].sql_texte(nom, forme) for nom in noms}
        if variante.colonne_locale:
            noms = [*noms, "colonne_locale"]
            textes["colonne_locale"] = "'x'"
        # concat writes a null as nothing, in one pass over all the fields.
        separateur = f", {_litteral(forme.separateur)}, "
        expression = f"concat({separateur.join(textes[nom] for nom in noms)}, {_litteral(variante.fin_de_ligne)})"
        relation = table.arrow(lignes, provisoires)
        cible = self._cible(chemin)
        simple = variante.encodage in ("utf-8", _UTF8_MARQUE)
        with cible.open("wb") as sortie:
            sortie.write((forme.separateur.join(noms) + variante.fin_de_ligne).encode(variante.encodage))
            for lot in self._lots(relation, expression):
                sortie.write(lot if simple else bytes(lot).decode("utf-8").encode(variante.encodage))
            nombre = len(lignes)
            if avec_fautes and len(lignes):
                for texte, faute in self._fautes(chemin, table, relation, noms, textes, variante):
                    nombre += 1
                    sortie.write((texte + variante.fin_de_ligne).encode(variante.encodage.removesuffix("-sig")))
                    self.bilan.rejets_attendus.append(RejetAttendu(chemin, nombre + 1, faute.colonne, faute.motif))
        self.bilan.lignes[table.flux] += nombre
        self._compter(cible)

    def _fautes(
        self,
        chemin: str,
        table: Table,
        relation: pa.Table,
        noms: list[str],
        textes: dict[str, str],
        variante: Variante,
    ) -> Iterator[tuple[str, Faute]]:
        """Yield faulty rows: good rows of the file, spoilt one column each."""
        catalogue = FAUTES.get(table.flux, ())
        nombre = nombre_de_fautes(len(relation)) if catalogue else 0
        if not nombre:
            return
        rng = generateur(self.graine, chemin, "fautes")
        tirees = relation.take(pa.array(rng.integers(0, len(relation), nombre)))
        self.connexion.register("tirees", tirees)
        colonnes = ", ".join(f"{textes[nom]} as {nom}" for nom in noms)
        copies = self.connexion.execute(f"select {colonnes} from tirees").fetchall()
        self.connexion.unregister("tirees")
        depart = int(rng.integers(0, len(catalogue)))
        for rang, copie in enumerate(copies):
            faute = catalogue[(depart + rang) % len(catalogue)]
            champs = [champ or "" for champ in copie]
            if faute.colonne:
                champs[noms.index(faute.colonne)] = faute.valeur
            else:
                champs.pop()
            yield variante.forme.separateur.join(champs), faute


def _lignes_du_fichier(table: Table, precedente: int, limite: int, dernier: bool) -> tuple[Tableau, Tableau]:
    """Return the rows of one extraction, and which of them are written as they were before their last change."""
    evenement = table.evenement
    maj = evenement if table.maj is None else table.maj
    connue = evenement <= limite
    if table.cumulatif:
        prises = connue
    else:
        prises = connue & ((evenement > precedente) | ((maj > precedente) & (maj <= limite)))
        if dernier:
            prises |= connue & (np.arange(len(evenement)) % RENVOI == 13)
    lignes = np.flatnonzero(prises)
    provisoires = np.zeros(len(lignes), dtype=bool) if dernier else maj[lignes] > limite
    return lignes, provisoires


def _litteral(texte: str) -> str:
    """Return the SQL literal of a text that may hold control characters."""
    return " || ".join(f"chr({ord(c)})" for c in texte)
