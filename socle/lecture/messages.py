"""HL7 v2 messages in the lake: each message read field by field, judged alone, and written as rows of typed columns.

What needs other messages or other flux (movements, merges, versions, acknowledgements) is the work of the models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from socle import graines
from socle.lecture import hl7, hl7_valeurs
from socle.lecture.hl7_valeurs import Delimiteurs, Identifiant
from socle.lecture.inventaire import Fichier
from socle.lecture.lac import PLACE, REJETS, Colonnes
from socle.lecture.sql import OPTIONS_PARQUET, texte_sql

LIGNES_EN_MEMOIRE = 5_000
MESSAGE_ID_MAXIMAL = 60
"""Characters of MSH-10 that a reject shows."""

Champs = dict[str, dict[str, tuple[int, int]]]
"""What is read of the first segment of a name: column, field, component."""
Ligne = dict[str, Any]

ENTETE: Champs = {
    "MSH": {
        "emetteur_application": (3, 1), "emetteur_organisation": (4, 1), "destinataire_application": (5, 1),
        "destinataire_organisation": (6, 1), "msh_7": (7, 1), "type_message": (9, 1), "evenement": (9, 2),
        "message_id": (10, 1),
    },
}  # fmt: skip
IDENTITE: Colonnes = {
    "ipp_message": "varchar", "ins_matricule": "varchar", "ins_oid": "varchar", "ins_de_test": "boolean",
    "identite_validee": "boolean",
}  # fmt: skip
SEGMENTS_UNIQUES = ("MSH", "EVN", "PID", "PV1", "ZBE", "TXA", "MSA", "MRG")

_TYPE = re.compile("[A-Z]{3}")
_EVENEMENT = re.compile("[A-Z][0-9A-Z][0-9]")
_DERNIERS = {"MSH": 21, "PID": 32, "PV1": 45, "ZFA": 12, "ZBE": 9, "TXA": 13, "OBX": 11, "PRT": 15}
"""Fields beyond these, or beyond the eighth, are not looked at."""


class Message:
    """A message that can be cut: its delimiters, and the fields of its segments; field n of any of them is the element n."""

    def __init__(self, lu: hl7.Message, delimiteurs: Delimiteurs, fuseau: str) -> None:
        """Cut the segments; ``fuseau`` is the clock of the establishment."""
        self.d, self.fuseau, self.documents = delimiteurs, fuseau, lu.documents
        self.segments: dict[str, list[list[str]]] = {}
        self.a_des_doubles = False
        for texte in lu.segments:
            nom = texte[:3]
            dernier = _DERNIERS.get(nom, 8)
            champs = texte.split(delimiteurs.champ, dernier + 1)
            if nom == "MSH":
                champs.insert(1, delimiteurs.champ)
            if len(champs) <= dernier:
                champs += [""] * (dernier + 1 - len(champs))
            if nom in self.segments:
                self.segments[nom].append(champs)
                self.a_des_doubles = True
            else:
                self.segments[nom] = [champs]

    def a(self, nom: str) -> bool:
        """Whether there is a segment of that name."""
        return nom in self.segments

    def tous(self, nom: str) -> list[list[str]]:
        """All of them."""
        return self.segments.get(nom, [])

    def champ(self, nom: str, rang: int) -> str:
        """A field of the first segment of a name, as it is written; empty when there is none."""
        return self.segments[nom][0][rang] if nom in self.segments else ""

    def valeurs(self, champs: Champs) -> dict[str, str | None]:
        """What a table of fields reads."""
        lues: dict[str, str | None] = {}
        valeur = self.d.valeur
        for nom, places in champs.items():
            if nom not in self.segments:
                lues |= dict.fromkeys(places)
                continue
            segment = self.segments[nom][0]
            for colonne, (rang, composant) in places.items():
                texte = segment[rang]
                if not texte:
                    lues[colonne] = None
                elif composant == 1 and texte.isalnum() and texte.isascii():
                    lues[colonne] = texte
                else:
                    lues[colonne] = valeur(texte, composant)
        return lues

    def identifiants(self) -> tuple[Identifiant, ...]:
        """Those of the patient."""
        return hl7_valeurs.identifiants(self.d, self.champ("PID", 3))

    def fiabilites(self) -> frozenset[str | None]:
        """What PID-32 says of the identity."""
        return hl7_valeurs.fiabilites(self.d, self.champ("PID", 32))

    def instant(self, texte: str | None) -> Any:
        """An instant by the clock of the establishment."""
        return hl7_valeurs.instant(texte, self.fuseau)


@dataclass
class Lecture:
    """What a message becomes: the rows of each relation, or the reason of its rejection (``MOTIF|segment or field``)."""

    message_id: str | None = None
    refus: str | None = None
    valeur: str | None = None
    lignes: dict[str, list[Ligne]] = field(default_factory=dict)

    def rangees(self) -> dict[str, list[Ligne]]:
        """The rows of each relation, rejects included."""
        if not self.refus:
            return self.lignes
        motif, _, colonne = self.refus.partition("|")
        message_id = self.message_id and self.message_id[:MESSAGE_ID_MAXIMAL]
        rejet = {"motif": motif, "colonne": colonne, "valeur": self.valeur, "message_id": message_id, "autres_fautes": None}
        return {"rejets": [rejet]}


class Interface:
    """Reader of the messages of one interface: what each kind of message says is told by its subclasses."""

    flux: str
    types: frozenset[str]
    """Types of message (MSH-9.1) that are for it."""
    champs: ClassVar[Champs]
    relations: ClassVar[dict[str, Colonnes]]
    lignes = ("messages",)
    regles = ("evenements_hl7", "oid_ins")

    def __init__(self) -> None:
        """Take the name of the flux."""
        self.nom = self.flux.replace("/", "_")

    def lit(self, flux: str) -> bool:
        """Its own."""
        return flux == self.flux

    def interpreter(self, message: Message, lu: dict[str, Any]) -> tuple[str | None, dict[str, list[Ligne]]]:
        """Read a message whose header can be cut.

        Args:
            message: the message.
            lu: its fields (``champs``), ``effet`` and ``evenement_annule``; None where nothing is written.

        Returns:
            the reason of its rejection, if any, and else the rows of each relation.
        """
        raise NotImplementedError

    def lire(self, moteur: duckdb.DuckDBPyConnection, fichiers: list[Fichier], dossier: Path) -> dict[int, int]:
        """Write the rows of the messages of some files, and those that are rejected."""
        lues: dict[int, int] = {}
        with _Ecriture(dossier, {**self.relations, "rejets": REJETS}) as ecriture:
            for fichier in fichiers:
                identifiant, numero = fichier.identifiant, 0
                for numero, brut in enumerate(_encore_lisibles(fichier.chemin_a_lire), start=1):
                    place = {"fichier_id": identifiant, "ligne": numero, "finess_ej": fichier.finess_ej}
                    for relation, lignes in self.lire_un(hl7.lire(brut), fichier.fuseau).rangees().items():
                        for ligne in lignes:
                            ligne |= place
                            ecriture.ajouter(relation, ligne)
                lues[identifiant] = numero
        return lues

    def lire_un(self, lu: hl7.Message, fuseau: str) -> Lecture:
        """Read one message.

        Args:
            lu: as `socle.lecture.hl7.lire` gives it.
            fuseau: clock of the establishment.
        """
        delimiteurs = hl7_valeurs.delimiteurs(lu.segments[0]) if lu.segments else None
        if delimiteurs is None:
            return Lecture(refus=f"{lu.anomalie}|MSH" if lu.anomalie else "MESSAGE_ILLISIBLE|MSH-2")
        message = Message(lu, delimiteurs, fuseau)
        valeurs: dict[str, Any] = message.valeurs(self.champs)
        lecture = Lecture(valeurs["message_id"])
        if lu.anomalie:
            lecture.refus = f"{lu.anomalie}|MSH"
            return lecture
        type_message, evenement = valeurs["type_message"], valeurs["evenement"]
        connus = _evenements() if type_message in self.types else {}
        effet = connus.get((type_message, evenement)) or connus.get((type_message, None)) or (None, None)
        valeurs["effet"], valeurs["evenement_annule"] = effet
        lecture.refus, lecture.lignes = self.interpreter(message, valeurs)
        if lecture.refus:
            lecture.lignes = {}
            if (
                lecture.refus == "TYPE_NON_TRAITE|MSH-9"
                and _TYPE.fullmatch(type_message)
                and _EVENEMENT.fullmatch(evenement or "A00")
            ):
                lecture.valeur = "^".join(filter(None, (type_message, evenement)))
        else:
            for ligne in lecture.lignes["messages"]:
                ligne["empreinte"] = lu.empreinte
        return lecture

    def departager(self, moteur: duckdb.DuckDBPyConnection, dossier: Path) -> None:
        """A message received twice is one: the first stays."""
        moteur.execute(
            f"""
            copy (
                select fichier_id, ligne
                from messages
                qualify row_number() over (partition by finess_ej, empreinte order by rang, ligne) > 1
                order by rang, ligne
            ) to {texte_sql(dossier / "remplacees.parquet")} ({OPTIONS_PARQUET})
            """
        )


def refus_commun(message: Message, lu: dict[str, Any], date_message: object, en_groupes: bool = False) -> str | None:
    """The first clause that rejects a message whatever its type.

    Args:
        message: the message.
        lu: its fields.
        date_message: what is read of MSH-7.
        en_groupes: PID and MRG may be several.
    """
    if lu["type_message"] is None:
        return "OBLIGATOIRE_VIDE|MSH-9"
    if lu["message_id"] is None:
        return "OBLIGATOIRE_VIDE|MSH-10"
    if date_message is None:
        return "TYPE_ILLISIBLE|MSH-7" if lu["msh_7"] is not None else "OBLIGATOIRE_VIDE|MSH-7"
    for nom in SEGMENTS_UNIQUES if message.a_des_doubles else ():
        if len(message.tous(nom)) > 1 and not (en_groupes and nom in ("PID", "MRG")):
            return f"SEGMENT_EN_DOUBLE|{nom}"
    return "TYPE_NON_TRAITE|MSH-9" if lu["effet"] is None else None


def identite(message: Message, connus: tuple[Identifiant, ...], fiabilites: frozenset[str | None]) -> Ligne:
    """The columns of `IDENTITE`."""
    ins = hl7_valeurs.ins(connus)
    return {
        "ipp_message": hl7_valeurs.ipp(connus),
        "ins_matricule": ins and ins.matricule,
        "ins_oid": ins and ins.oid,
        "ins_de_test": ins and ins.est_de_test,
        "identite_validee": hl7_valeurs.est_validee(fiabilites),
    }


@cache
def _evenements() -> dict[tuple[str, str | None], tuple[str, str | None]]:
    """What each message does, and what it cancels; an event that is not named is any."""
    return {
        (ligne["type_message"], ligne["evenement"] or None): (ligne["effet"], ligne["evenement_annule"] or None)
        for ligne in graines.lire("evenements_hl7")
    }


def _encore_lisibles(chemin: str) -> Iterator[hl7.Brut]:
    """The messages of a file up to where it can be read; the lake sets aside a file that misses some."""
    with suppress(OSError):
        yield from hl7.decouper(chemin)


class _Ecriture:
    """Parquet files filled row by row, one a relation that has rows."""

    TYPES: ClassVar[dict[str, pa.DataType]] = {
        "bigint": pa.int64(), "integer": pa.int32(), "varchar": pa.string(), "boolean": pa.bool_(), "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
    }  # fmt: skip

    def __init__(self, dossier: Path, relations: dict[str, Colonnes]) -> None:
        self.dossier = dossier
        self.schemas = {
            nom: pa.schema([(colonne, self.TYPES[genre]) for colonne, genre in {**PLACE, **colonnes}.items()])
            for nom, colonnes in relations.items()
        }
        self.attente: dict[str, list[Ligne]] = {nom: [] for nom in relations}
        self.fichiers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> _Ecriture:
        return self

    def ajouter(self, relation: str, ligne: Ligne) -> None:
        lignes = self.attente[relation]
        lignes.append(ligne)
        if len(lignes) >= LIGNES_EN_MEMOIRE:
            self._vider(relation)

    def _vider(self, relation: str) -> None:
        lignes, schema = self.attente[relation], self.schemas[relation]
        if relation not in self.fichiers:
            self.fichiers[relation] = pq.ParquetWriter(self.dossier / f"{relation}.parquet", schema, compression="zstd")
        valeurs = zip(*map(itemgetter(*schema.names), lignes), strict=True)
        colonnes = [pa.array(colonne, champ.type) for colonne, champ in zip(valeurs, schema, strict=True)]
        self.fichiers[relation].write_batch(pa.RecordBatch.from_arrays(colonnes, schema=schema))
        lignes.clear()

    def __exit__(self, *erreur: object) -> None:
        for relation, lignes in self.attente.items():
            if lignes:
                self._vider(relation)
        for fichier in self.fichiers.values():
            fichier.close()
