"""Messages that carry documents or answer them (MDM, ORU, ZAM, ACK): the document, where it is sent, what is acknowledged."""

from __future__ import annotations

import re
from typing import Any, ClassVar, NamedTuple

from socle.lecture import hl7_valeurs
from socle.lecture.hl7 import EnteteCda
from socle.lecture.hl7_valeurs import Ins
from socle.lecture.lac import Colonnes
from socle.lecture.messages import ENTETE, IDENTITE, Champs, Interface, Ligne, Message, identite, refus_commun

OPERATIONS_ORC = {"NW": "AJOUT", "RO": "REMPLACEMENT", "CA": "SUPPRESSION"}
OPERATIONS_OBX = {"F": "AJOUT", "C": "REMPLACEMENT", "D": "SUPPRESSION"}
OPERATIONS = frozenset(OPERATIONS_OBX.values())
DESTINATIONS = ("DESTDMP", "DESTMSSANTEPS", "DESTMSSANTEPAT")
PATIENT_MSS = "@patient.mssante.fr"

CHAMPS: Champs = ENTETE | {
    "PID": {"dossier": (18, 1)},
    "PV1": {"numero_venue": (19, 1)},
    "TXA": {"txa_2": (2, 1), "txa_4": (4, 1)},
    "MSA": {"acquittement": (1, 1), "msa_2": (2, 1)},
    "ERR": {"err_3": (3, 1), "err_5": (5, 1)},
}

MESSAGES: Colonnes = {
    "empreinte": "varchar", "message_id": "varchar", "type_message": "varchar", "evenement": "varchar", "effet": "varchar",
    "date_message": "timestamp", "debut_utc": "timestamp", "fin_utc": "timestamp", "est_envoi": "boolean",
    "emetteur": "varchar", "destinataire": "varchar",
    **IDENTITE,
    "dossier": "varchar", "numero_venue": "varchar", "txa_2": "varchar", "txa_12": "varchar", "txa_13": "varchar",
    "date_activite": "timestamp", "auteur_finess": "varchar", "auteur_genre": "varchar", "vers_dmp": "boolean",
    "vers_mss_pro": "boolean", "vers_mss_citoyenne": "boolean", "lot_id": "varchar",
    "acquitte_id": "varchar", "est_succes": "boolean", "acquittement": "varchar", "code_erreur": "varchar",
    "adresse_acquittee": "varchar", "personne_acquittee": "varchar",
}  # fmt: skip
DOCUMENTS: Colonnes = {
    "numero": "integer", "groupe": "integer", "code": "varchar", "operation": "varchar", "etat": "varchar",
    "document_id": "varchar", "set_id": "varchar", "version": "integer", "niveau": "varchar", "date_creation": "timestamp",
    "parent_id": "varchar", "modalite": "varchar", "destinataire": "varchar", "nomme_l_ins": "boolean",
}  # fmt: skip

_MSSANTE = re.compile(r"[@.]mssante\.fr$")
_VERSION = re.compile(r" *[+-]?[0-9]{1,9}([.][0-9]*)? *")
_ADRESSE_PATIENT = re.compile(r"[^\s^~|]*(@patient\.mssante\.fr)", re.IGNORECASE)


class Observation(NamedTuple):
    """What is read of an OBX segment; its value is kept for the codes that mean something here, and in a ZAM."""

    rang: int
    genre: str | None
    code: str | None
    libelle: str | None
    sous_id: str | None
    valeur: str | None
    element: str | None
    adresse: str | None
    statut: str | None


class Piece(NamedTuple):
    """A document that a message carries; ``operations`` are what the event, the order and the observation say is done to it."""

    code: str | None
    operations: list[str]
    cda: EnteteCda


class MessagesDpi(Interface):
    """Reader of ``dpi/hl7``."""

    flux = "dpi/hl7"
    types = frozenset(("MDM", "ORU", "ZAM", "ACK"))
    champs = CHAMPS
    relations: ClassVar[dict[str, Colonnes]] = {
        "messages": MESSAGES,
        "documents": DOCUMENTS,
        "destinataires": {"ordre": "integer", "canal": "varchar", "adresse": "varchar", "correspondant_id": "varchar"},
    }

    def interpreter(self, message: Message, lu: dict[str, Any]) -> tuple[str | None, dict[str, list[Ligne]]]:
        """Read a message that carries documents, or answers one that did."""
        d, effet, fuseau = message.d, lu["effet"], message.fuseau
        connus = message.identifiants()
        observations = [_observation(message, rang, obx) for rang, obx in enumerate(message.tous("OBX"))]
        profils = [(d.partie(r, 1) or "", d.partie(r, 2)) for r in d.repetitions(message.champ("MSH", 21))]
        ordres = [(d.valeur(orc[1]) or "").upper() or None for orc in message.tous("ORC")]
        pieces = _pieces(message, observations, effet, ordres)
        lu |= {
            "date_message": message.instant(lu["msh_7"]),
            "date_activite": message.instant(lu["txa_4"]),
            "txa_12": hl7_valeurs.identifiant(d, message.champ("TXA", 12)),
            "txa_13": hl7_valeurs.identifiant(d, message.champ("TXA", 13)),
            "porte_document": effet in OPERATIONS or effet == "DOCUMENT",
            # A message that comes from outside by MSSanté is no production.
            "entrant": any(nom == "CISIS_CDA_HL7_LPS" for _, nom in profils)
            or any((o.libelle or "").startswith("XDM/") for o in observations),
            # « ORC-1 = SC » until the profile 2.1, and for biology ever since: OBX-11 alone tells the action.
            "admet_sc": lu["type_message"] == "ORU"
            or any(nom == "CISIS_CDA_HL7_V1" or version.startswith("2.0") for version, nom in profils),
            **identite(message, connus, message.fiabilites()),
        }
        if refus := _refus(message, lu, observations, ordres, pieces):
            return refus, {}
        premiere, deuxieme = ([*observations, None, None])[:2]
        est_zam = lu["type_message"] == "ZAM"
        dites = {o.code for o in observations if o.code in DESTINATIONS and o.valeur == "Y"}
        auteur: list[str] = next((prt for prt in message.tous("PRT") if d.valeur(prt[4]) == "SB"), [""] * 9)
        debut_utc = hl7_valeurs.instant_utc(lu["msh_7"], fuseau)
        lu |= {
            "debut_utc": debut_utc,
            "fin_utc": debut_utc and debut_utc + hl7_valeurs.precision(lu["msh_7"]),
            "est_envoi": lu["porte_document"] and not lu["entrant"] and bool(pieces),
            "emetteur": f"{lu['emetteur_application'] or ''}|{lu['emetteur_organisation'] or ''}",
            "destinataire": f"{lu['destinataire_application'] or ''}|{lu['destinataire_organisation'] or ''}",
            "auteur_finess": d.valeur(auteur[8], 10),
            "auteur_genre": d.valeur(auteur[8], 7),
            "vers_dmp": "DESTDMP" in dites,
            "vers_mss_pro": "DESTMSSANTEPS" in dites,
            "vers_mss_citoyenne": "DESTMSSANTEPAT" in dites,
            # Only version 1.2 of the profile names the documents of a submission set.
            "lot_id": " + ".join(
                sorted("^".join(filter(None, (o.valeur, o.element))) for o in observations if o.code == "COMP_LOT")
            )
            or None,
            "acquitte_id": lu["msa_2"] or (premiere.sous_id if est_zam and premiere else None),
            "est_succes": premiere is not None and premiere.valeur == "Y",
            "code_erreur": lu["err_3"] if lu["type_message"] == "ACK" else lu["err_5"],
            "adresse_acquittee": deuxieme.adresse if est_zam and deuxieme else None,
            "personne_acquittee": hl7_valeurs.rpps(deuxieme.sous_id) if est_zam and deuxieme else None,
        }
        ins = hl7_valeurs.ins(connus)
        return None, {
            "messages": [lu],
            "documents": [_document(piece, ins, fuseau) for piece in pieces] if lu["est_envoi"] else [],
            "destinataires": _destinataires(message) if lu["est_envoi"] else [],
        }


def _observation(message: Message, rang: int, obx: list[str]) -> Observation:
    d = message.d
    code, genre = d.valeur(obx[3]), d.valeur(obx[2])
    valeur, adresse = d.valeur(obx[5]), d.valeur(obx[5], 4)
    statut = d.valeur(obx[11])
    return Observation(
        rang=rang,
        genre=genre and genre.upper(),
        code=code,
        libelle=d.valeur(obx[3], 2),
        sous_id=d.valeur(obx[4]) if rang not in message.documents else None,
        valeur=valeur if code == "COMP_LOT" or valeur in ("Y", "N") else None,
        element=d.valeur(obx[5], 2),
        adresse=adresse and _sans_patient(adresse),
        statut=statut and statut.upper(),
    )


def _sans_patient(adresse: str) -> str:
    """An address in lower case, without what precedes its domain when it is a patient's, for it is his INS."""
    return _ADRESSE_PATIENT.sub(r"\1", adresse).lower()


def _pieces(message: Message, observations: list[Observation], effet: str | None, ordres: list[str | None]) -> list[Piece]:
    """The documents of a message; the order of a report is the ORC of its group, that of the message when one serves several."""
    pieces = []
    for o in observations:
        cda = message.documents.get(o.rang)
        if cda is None or (o.code or "").startswith("CORPSMAIL"):
            continue
        ordre = ordres[max(min(cda["groupe"], len(ordres)), 1) - 1] if ordres else None
        dites = (effet if effet in OPERATIONS else None, OPERATIONS_ORC.get(ordre or ""), OPERATIONS_OBX.get(o.statut or ""))
        pieces.append(Piece(o.code or cda["type_code"], list(dict.fromkeys(filter(None, dites))), cda))
    return pieces


def _document(piece: Piece, ins: Ins | None, fuseau: str) -> Ligne:
    cda = piece.cda
    return {
        **{nom: cda[nom] for nom in ("numero", "groupe", "etat", "document_id", "set_id", "niveau")},  # type: ignore[literal-required]
        "code": piece.code,
        "version": _version(cda["version"]),
        "operation": piece.operations[0],
        "date_creation": hl7_valeurs.instant(cda["date_creation"], fuseau),
        "parent_id": next(iter(cda["parents"]), None),
        "modalite": next(iter(cda["modalites"]), None),
        "destinataire": hl7_valeurs.rpps(next(iter(cda["destinataires"]), None)),
        "nomme_l_ins": ins is not None and f"{ins.oid}^{ins.matricule}" in cda["patients"],
    }


def _version(texte: str | None) -> int | None:
    """The number of a version; some write « 1.0 »."""
    return round(float(texte)) if texte and _VERSION.fullmatch(texte) else None


def _destinataires(message: Message) -> list[Ligne]:
    """Who a message is sent to by MSSanté (PRT-4 = RCT)."""
    d = message.d
    lignes: list[Ligne] = []
    for prt in message.tous("PRT"):
        adresse = d.valeur(prt[15], 4)
        if d.valeur(prt[4]) != "RCT" or adresse is None:
            continue
        adresse = _sans_patient(adresse)
        if adresse.endswith(PATIENT_MSS) or _MSSANTE.search(adresse):
            lignes.append(
                {
                    "ordre": len(lignes) + 1,
                    "canal": "CITOYENNE" if adresse.endswith(PATIENT_MSS) else "PRO",
                    "adresse": adresse,
                    "correspondant_id": hl7_valeurs.professionnel(d, prt[5]),
                }
            )
    return lignes


def _refus(
    message: Message, lu: dict[str, Any], observations: list[Observation], ordres: list[str | None], pieces: list[Piece]
) -> str | None:
    """The first clause that rejects the message."""
    if refus := refus_commun(message, lu, lu["date_message"]):
        return refus
    type_message = lu["type_message"]
    if lu["porte_document"]:
        return None if lu["entrant"] else _refus_d_envoi(message, lu, observations, ordres, pieces)
    if type_message == "ZAM":
        return _refus_d_accuse(lu["effet"], observations)
    if type_message == "ACK" and not message.a("MSA"):
        return "SEGMENT_MANQUANT|MSA"
    return "OBLIGATOIRE_VIDE|MSA-2" if type_message == "ACK" and lu["msa_2"] is None else None


def _refus_d_envoi(
    message: Message, lu: dict[str, Any], observations: list[Observation], ordres: list[str | None], pieces: list[Piece]
) -> str | None:
    est_mdm = lu["type_message"] == "MDM"
    if not message.a("PID"):
        return "SEGMENT_MANQUANT|PID"
    if est_mdm and not message.a("TXA"):
        return "SEGMENT_MANQUANT|TXA"
    if not observations:
        return "SEGMENT_MANQUANT|OBX"
    if not pieces:
        # Results without a document: nothing is transmitted to the services socles.
        return "SEGMENT_MANQUANT|OBX" if est_mdm else None
    if any(ordre not in OPERATIONS_ORC and not (ordre == "SC" and lu["admet_sc"]) for ordre in ordres if ordre):
        return "HORS_VALEURS|ORC-1"
    if any(len(piece.operations) > 1 for piece in pieces):
        return "COMBINAISON_INCOHERENTE|ORC-1"
    faites = {(piece.cda["groupe"], operation) for piece in pieces for operation in piece.operations or [None]}
    if len(faites) > len({groupe for groupe, _ in faites}):
        return "COMBINAISON_INCOHERENTE|OBX-11"
    if not all(piece.operations for piece in pieces):
        return "OBLIGATOIRE_VIDE|OBX-11"
    if est_mdm and lu["txa_4"] is not None and lu["date_activite"] is None:
        return "TYPE_ILLISIBLE|TXA-4"
    if lu["txa_2"] is None and (est_mdm or not any(piece.code for piece in pieces)):
        return "OBLIGATOIRE_VIDE|TXA-2" if est_mdm else "OBLIGATOIRE_VIDE|OBX-3"
    if lu["txa_12"] is None and not any(piece.cda["document_id"] for piece in pieces):
        # « ORU: the document's id is only in the CDA »
        return "OBLIGATOIRE_VIDE|TXA-12" if est_mdm else "CDA_ILLISIBLE|OBX-5"
    if any(o.code in DESTINATIONS and o.valeur is None for o in observations):
        return "HORS_VALEURS|OBX-5"
    return None


def _refus_d_accuse(effet: str, observations: list[Observation]) -> str | None:
    if not observations:
        return "SEGMENT_MANQUANT|OBX" if effet.startswith("ACQUITTEMENT_") else "HORS_VALEURS|OBX-5"
    if observations[0].sous_id is None:
        return "OBLIGATOIRE_VIDE|OBX-4"
    return "HORS_VALEURS|OBX-5" if observations[0].valeur is None else None
