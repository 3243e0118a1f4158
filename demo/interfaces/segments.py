"""Segments of HL7 v2 messages as SQL expressions, and archives of messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ..calendrier import date_de, jour_de, mois_de
from ..colonnes import zeros_devant
from ..depot import Depot

Tableau = np.ndarray

ORGANISATION = "CH-DEMO"
FIN = "chr(13)"
"""End of a segment."""


def segment(*morceaux: str) -> str:
    """Return the SQL expression of a segment, ended by a carriage return.

    Args:
        morceaux: SQL expressions put end to end; a null counts as nothing.
    """
    return f"concat({', '.join(morceaux)}, {FIN})"


def si(condition: str, expression: str) -> str:
    """Return the SQL expression of a segment that is only there under a condition."""
    return f"(case when {condition} then {expression} else '' end)"


def instant(colonne: str) -> str:
    """Return the SQL expression of an HL7 timestamp (AAAAMMJJHHMMSS) from seconds since 1970."""
    return f"strftime(make_timestamp({colonne} * 1000000), '%Y%m%d%H%M%S')"


def zone(colonne: str) -> str:
    """Return the SQL expression of the zone (+0100 or +0200) of such an instant, at the clock of Paris."""
    instant_local = f"make_timestamp({colonne} * 1000000)"
    utc = f"timezone('UTC', timezone('Europe/Paris', {instant_local}))"
    return f"case when {instant_local} - {utc} = interval 2 hour then '+0200' else '+0100' end"


def entete(emetteur: str, recepteur: str, genre: str, profil: str, version: str, date: str = "date") -> str:
    """Return the MSH segment.

    Args:
        emetteur: SQL expression of the sending application.
        recepteur: SQL expression of the receiving application.
        genre: SQL expression of MSH-9.
        profil: SQL expression of MSH-21.
        version: MSH-12.
        date: column of the instant of the message; its number is the column `numero`.
    """
    return segment(
        "'MSH|^~\\&|'",
        emetteur,
        f"'|{ORGANISATION}|'",
        recepteur,
        f"'|{ORGANISATION}|'",
        instant(date),
        "'||'",
        genre,
        "'|'",
        "numero",
        f"'|P|{version}|||||FRA|'",
        "jeu",
        "'|||'",
        profil,
    )


def patient(finess: str, dossier: str = "''") -> str:
    """Return the PID segment from the columns ipp, ins, ins_oid, naissance, sexe and fiabilite.

    Args:
        finess: establishment, authority of its identifiers.
        dossier: SQL expression of the administrative number (PID-18), empty when none.
    """
    ins = (
        "case when ins <> '' then concat('~', ins, case when ins_oid = '1.2.250.1.213.1.4.9'"
        " then '^^^ASIP-SANTE-INS-NIA&' else '^^^ASIP-SANTE-INS-NIR&' end, ins_oid, '&ISO^INS') end"
    )
    return segment(
        "'PID|1||'",
        "ipp",
        f"'^^^{ORGANISATION}&{finess}&N^PI'",
        ins,
        # No one's name: a label with an accent and an escaped ampersand.
        "'||PATIENT^DÉMO \\T\\ ', ipp, '^^^^^L||'",
        "coalesce(strftime(naissance, '%Y%m%d'), '')",
        "'|'",
        "sexe",
        f"'{'|' * 10}'",
        f"case when {dossier} <> '' then concat({dossier}, '^^^{ORGANISATION}&{finess}&N^AN') end",
        f"'{'|' * 14}'",
        "fiabilite",
    )


@dataclass
class Archive:
    """Messages of one flow, gathered then written by month in order of date.

    Args:
        depot: where to write.
        dossier: folder from the landing zone.
        prefixe: beginning of the file names and of the message numbers.
    """

    depot: Depot
    dossier: str
    prefixe: str
    textes: list[pa.Array] = field(default_factory=list)
    dates: list[Tableau] = field(default_factory=list)
    dernier: int = 0

    def numeros(self, nombre: int) -> pa.Array:
        """Return the next `nombre` message numbers (MSH-10)."""
        rangs = np.arange(self.dernier + 1, self.dernier + 1 + nombre)
        self.dernier += nombre
        return pa.array(np.char.add(self.prefixe, zeros_devant(rangs.astype("U9"), 9)))

    def ajouter(self, relation: pa.Table, dates: Tableau, morceaux: Sequence[str]) -> None:
        """Add one message per row of a relation.

        Args:
            relation: columns used by the segments; `numero`, `date` and `jeu` are added when missing.
            dates: instant of each message, seconds.
            morceaux: SQL expressions of the segments.
        """
        if not relation.num_rows:
            return
        if "numero" not in relation.column_names:
            relation = relation.append_column("numero", self.numeros(relation.num_rows))
        jeu = np.where(_en_latin(mois_de(jour_de(dates))), "8859/1", "UNICODE UTF-8")
        relation = relation.append_column("date", pa.array(dates)).append_column("jeu", pa.array(jeu))
        self.textes.append(self.depot.formuler(relation, f"concat({', '.join(morceaux)})"))
        self.dates.append(dates)

    def ecrire(self, suffixe: str, mauvais: Sequence[tuple[str, str, str]] = ()) -> None:
        """Write the messages, one file per month; every third month in ISO-8859-1, the first one with MLLP framing.

        Args:
            suffixe: extension of the files.
            mauvais: messages that cannot be taken, put at the end of the last file, as (text, field, reason).
        """
        if not self.dates:
            return
        dates = np.concatenate(self.dates)
        textes = pa.table({"texte": pa.concat_arrays(self.textes)})
        mois = mois_de(jour_de(dates))
        presents = np.unique(mois)
        for rang, premier in enumerate(presents):
            lignes = np.flatnonzero(mois == premier)
            lignes = lignes[np.argsort(dates[lignes], kind="stable")]
            cadre = rang == 0 and len(presents) > 1
            self.depot.lignes_sql(
                f"{self.dossier}/{self.prefixe.lower()}_{date_de(int(premier)):%Y%m}.{suffixe}",
                textes.take(pa.array(lignes)),
                "concat(chr(11), texte, chr(28))" if cadre else "texte",
                f"hl7/{self.prefixe.lower()}",
                sales=mauvais if premier == presents[-1] else (),
                fin_de_ligne="\r" if cadre else "\n" if rang % 2 else "\r\n",
                encodage="iso8859-1" if _en_latin(premier) else "utf-8",
            )


def _en_latin(mois: Tableau) -> Tableau:
    """Tell which months, by their first day, were archived in ISO-8859-1."""
    return mois // 28 % 3 == 1
