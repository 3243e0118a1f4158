"""ADT messages (IHE PAM France): what each says of the patient, the venue and the movement."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import duckdb

from socle.lecture import hl7_valeurs
from socle.lecture.lac import Colonnes
from socle.lecture.messages import ENTETE, IDENTITE, MESSAGE_ID_MAXIMAL, Champs, Interface, Ligne, Message, identite, refus_commun
from socle.lecture.sql import OPTIONS_PARQUET, texte_sql

MOUVEMENTS = frozenset(
    ("ENTREE", "PREADMISSION", "MUTATION", "CLASSE", "ABSENCE", "MEDECIN", "SORTIE", "ANNULATION", "CORRECTION")
)
"""What a message that moves a venue does."""
CLASSES = frozenset("EIORVN")
ACTIONS = frozenset(("INSERT", "UPDATE", "CANCEL"))
STATUTS_DMP = frozenset(("ACTIF", "FERME", "INEXISTANT"))
ALIMENTATIONS = frozenset(("NA", "IO", "INO"))
CONSULTATIONS = frozenset(("NA", "INC", "IC"))

CHAMPS: Champs = ENTETE | {
    "EVN": {"evn_2": (2, 1), "evn_6": (6, 1)},
    "PID": {"pid_7": (7, 1), "sexe": (8, 1), "dossier": (18, 1)},
    "MRG": {"dossier_quitte": (3, 1), "venue_quittee": (5, 1)},
    "PV1": {
        "classe": (2, 1), "uf_hebergement": (3, 1), "nature_prestation": (4, 1), "discipline": (10, 1), "numero_venue": (19, 1),
        "mode_traitement": (21, 1), "pv1_44": (44, 1), "pv1_45": (45, 1),
    },
    "ZBE": {
        "zbe_1": (1, 1), "zbe_1_domaine": (1, 2), "zbe_1_oid": (1, 3), "zbe_2": (2, 1), "zbe_4": (4, 1), "zbe_5": (5, 1),
        "evenement_origine": (6, 1), "uf_medicale": (7, 10), "uf_soins": (8, 10), "zbe_9": (9, 1),
    },
    "ZFM": {"mode_pmsi": (2, 1)},
    "ZFA": {
        "statut_dmp": (1, 1), "zfa_2": (2, 1), "alimentation_dmp": (9, 1), "zfa_10": (10, 1), "consultation_dmp": (11, 1),
        "zfa_12": (12, 1),
    },
}  # fmt: skip

MESSAGES: Colonnes = {
    "empreinte": "varchar", "message_id": "varchar", "type_message": "varchar", "evenement": "varchar", "effet": "varchar",
    "evenement_annule": "varchar", "date_message": "timestamp",
    **IDENTITE,
    "fiabilite_dite": "boolean", "identite_douteuse": "boolean", "identite_fictive": "boolean", "retire_un_ins": "boolean",
    "date_naissance": "date", "naissance_illisible": "boolean", "sexe": "varchar",
    "iep": "varchar", "est_sans_numero_de_venue": "boolean", "dossier": "varchar", "porte_mouvement": "boolean",
    "classe": "varchar", "nature_prestation": "varchar", "discipline": "varchar", "mode_traitement": "varchar",
    "psychiatrie": "boolean", "etablissement": "varchar", "uf": "varchar",
    "mouvement_id": "varchar", "action": "varchar", "evenement_origine": "varchar", "nature_mouvement": "varchar",
    "date_mouvement": "timestamp", "date_admission": "timestamp", "mode_pmsi": "varchar",
    "statut_dmp": "varchar", "date_constat_dmp": "timestamp", "alimentation_dmp": "varchar", "consultation_dmp": "varchar",
    "a_des_intervenants": "boolean",
}  # fmt: skip


class MessagesGam(Interface):
    """Reader of ``gam/hl7``."""

    flux = "gam/hl7"
    types = frozenset(("ADT", "ACK"))
    champs = CHAMPS
    relations: ClassVar[dict[str, Colonnes]] = {
        "messages": MESSAGES,
        "absorptions": {"ipp_absorbe": "varchar", "ipp_conserve": "varchar"},
        "deplacements": {"numero": "varchar"},
        "intervenants": {"code_role": "varchar", "correspondant_id": "varchar"},
    }

    def interpreter(self, message: Message, lu: dict[str, Any]) -> tuple[str | None, dict[str, list[Ligne]]]:
        """Read an ADT message, or the acknowledgement of one."""
        instant, effet = message.instant, lu["effet"]
        connus, fiabilites = message.identifiants(), message.fiabilites()
        absorptions, retire_un_ins = _absorptions(message)
        naissance = lu["pid_7"] and hl7_valeurs.horloge(lu["pid_7"][:8])
        nature = lu["zbe_9"] and lu["zbe_9"].upper()
        lu |= {
            "date_message": instant(lu["evn_2"] if lu["msh_7"] is None else lu["msh_7"]),
            "date_admission": instant(lu["pv1_44"]),
            "date_fin": instant(lu["pv1_45"]),
            "date_zbe": instant(lu["zbe_2"]),
            "date_zfa_2": instant(lu["zfa_2"]),
            "date_zfa_10": instant(lu["zfa_10"]),
            "date_zfa_12": instant(lu["zfa_12"]),
            "date_naissance": naissance and naissance.date(),
            "naissance_illisible": lu["pid_7"] is not None and naissance is None,
            "action": lu["zbe_4"] and lu["zbe_4"].upper(),
            "nature_mouvement": nature,
            "iep": lu["numero_venue"] or lu["dossier"],
            "porte_mouvement": effet in MOUVEMENTS,
            **identite(message, connus, fiabilites),
        }
        if refus := _refus(message, lu, absorptions):
            return refus, {}
        lu |= {
            "fiabilite_dite": bool(fiabilites),
            "identite_douteuse": "DOUT" in fiabilites,
            "identite_fictive": "FICT" in fiabilites,
            "retire_un_ins": retire_un_ins,
            "iep": lu["iep"] if lu["classe"] != "N" else None,
            "est_sans_numero_de_venue": lu["numero_venue"] is None,
            "porte_mouvement": lu["porte_mouvement"] and lu["classe"] != "N",
            "psychiatrie": message.a("ZFS"),
            "etablissement": hl7_valeurs.finess(message.d, message.champ("PV1", 3)),
            "uf": lu["uf_medicale"] or lu["uf_soins"] or lu["uf_hebergement"],
            # « ZBE-1 : domaine et numéro »
            "mouvement_id": lu["zbe_1"] and f"{lu['zbe_1']}^{lu['zbe_1_oid'] or lu['zbe_1_domaine'] or ''}",
            "date_mouvement": (
                lu["date_zbe"]
                or (effet == "SORTIE" and lu["date_fin"])
                or instant(lu["evn_6"])
                or lu["date_message"]
            ),
            "date_constat_dmp": max(
                filter(None, (lu["date_zfa_2"] or lu["date_message"], lu["date_zfa_10"], lu["date_zfa_12"]))
            ),
            "a_des_intervenants": message.a("ROL"),
        }  # fmt: skip
        gardees = absorptions if effet in ("FUSION", "IDENTIFIANT") else []
        return None, {
            "messages": [lu],
            "absorptions": [
                {"ipp_absorbe": absorbe, "ipp_conserve": conserve}
                for absorbe, conserve in gardees
                if conserve is not None and absorbe != conserve
            ],
            "deplacements": [{"numero": numero} for numero in _numeros_deplaces(lu)] if effet == "DEPLACEMENT" else [],
            "intervenants": _intervenants(message),
        }

    def departager(self, moteur: duckdb.DuckDBPyConnection, dossier: Path) -> None:
        """A message received twice is one; a date of birth that cannot be read is told once."""
        super().departager(moteur, dossier)
        moteur.execute(
            f"""
            copy (
                select
                    fichier_id, ligne, finess_ej, 'PID-7' as colonne, 'VALEUR_ILLISIBLE' as motif, cast(1 as bigint) as nb,
                    left(message_id, {MESSAGE_ID_MAXIMAL}) as message_id
                from messages
                where naissance_illisible
                qualify row_number() over (partition by finess_ej, empreinte order by rang, ligne) = 1
                order by rang, ligne
            ) to {texte_sql(dossier / "alertes.parquet")} ({OPTIONS_PARQUET})
            """
        )


def _absorptions(message: Message) -> tuple[list[tuple[str, str | None]], bool]:
    """The identities that a message absorbs, each with the one that stays; and whether it takes an INS back.

    « A40: { PID MRG } », each group a merge; several MRG of one PID are as many absorbed identities.
    « A47 : changement ou retrait de l'INS », by MRG-1 or by an empty repetition of PID-3.
    """
    d, pid_3 = message.d, message.champ("PID", 3)
    if not message.a("MRG") and '""' not in pid_3:
        return [], False
    conserves = [hl7_valeurs.identifiants(d, pid[3]) for pid in message.tous("PID")]
    absorbes = [hl7_valeurs.identifiants(d, mrg[1]) for mrg in message.tous("MRG")]
    en_groupes = _a_des_groupes(message) and len(conserves) > 1
    absorptions = [
        (absorbe, hl7_valeurs.ipp(conserves[rang if en_groupes else 0] if conserves else ()))
        for rang, connus in enumerate(absorbes)
        for absorbe in hl7_valeurs.ipps(connus)
    ]
    retire = any(cx.genre == "INS" for connus in absorbes for cx in connus) or any(
        cx.partition(d.composant)[0] == '""' and d.partie(cx, 5) == "INS" for cx in d.repetitions(pid_3)
    )
    return absorptions, retire


def _a_des_groupes(message: Message) -> bool:
    nb_mrg = len(message.tous("MRG"))
    return nb_mrg > 1 and len(message.tous("PID")) in (1, nb_mrg)


def _numeros_deplaces(lu: dict[str, Any]) -> list[str]:
    """A44 moves a dossier, A45 a venue, under its number or the one it had; what the message does not number is the other."""
    dossiers = [lu["dossier"], lu["dossier_quitte"]]
    venues = [lu["numero_venue"], lu["venue_quittee"]]
    numeros = venues if any(venues) and (lu["evenement"] == "A45" or not any(dossiers)) else dossiers
    return [numero for numero in dict.fromkeys(numeros) if numero]


def _intervenants(message: Message) -> list[Ligne]:
    """The professionals of the ROL segments that are not taken back (ROL-2 = DE)."""
    d = message.d
    return [
        {"code_role": d.valeur(rol[3]), "correspondant_id": correspondant}
        for rol in message.tous("ROL")
        if d.valeur(rol[2]) != "DE" and (correspondant := hl7_valeurs.professionnel(d, rol[4]))
    ]


def _refus(message: Message, lu: dict[str, Any], absorptions: list[tuple[str, str | None]]) -> str | None:
    """The first clause that rejects the message."""
    effet = lu["effet"]
    if refus := refus_commun(message, lu, lu["date_message"], effet == "FUSION" and _a_des_groupes(message)):
        return refus
    if lu["type_message"] == "ACK":
        return None
    if not message.a("PID"):
        return "SEGMENT_MANQUANT|PID"
    if lu["ipp_message"] is None:
        return "OBLIGATOIRE_VIDE|PID-3"
    if effet in ("IDENTITE", "IDENTIFIANT", "FUSION") and lu["pid_7"] is None:
        return "OBLIGATOIRE_VIDE|PID-7"
    if effet in ("FUSION", "DEPLACEMENT") and not message.a("MRG"):
        return "SEGMENT_MANQUANT|MRG"
    if effet == "FUSION" and not absorptions:
        return "OBLIGATOIRE_VIDE|MRG-1"
    if effet == "DEPLACEMENT" and not (lu["iep"] or lu["dossier_quitte"] or lu["venue_quittee"]):
        return "OBLIGATOIRE_VIDE|PID-18"
    return (
        (_refus_de_venue(message, lu) if lu["porte_mouvement"] else None)
        or (_refus_de_mouvement(lu) if message.a("ZBE") else None)
        or _refus_de_valeurs(lu)
    )


def _refus_de_venue(message: Message, lu: dict[str, Any]) -> str | None:
    if not message.a("PV1"):
        return "SEGMENT_MANQUANT|PV1"
    if lu["iep"] is None:
        return "OBLIGATOIRE_VIDE|PV1-19"
    if lu["classe"] is None:
        return "OBLIGATOIRE_VIDE|PV1-2"
    if lu["classe"] not in CLASSES:
        return "HORS_VALEURS|PV1-2"
    return "SEGMENT_MANQUANT|ZBE" if lu["effet"] == "CORRECTION" and not message.a("ZBE") else None


def _refus_de_mouvement(lu: dict[str, Any]) -> str | None:
    # A sender that fills the forbidden ZBE-3 shifts all that follows: ZBE-2 is then not sure either.
    if lu["action"] not in ACTIONS and lu["zbe_5"] in ACTIONS:
        return "COMBINAISON_INCOHERENTE|ZBE-4"
    if lu["zbe_1"] is None:
        return "OBLIGATOIRE_VIDE|ZBE-1"
    if lu["zbe_2"] is None:
        return "OBLIGATOIRE_VIDE|ZBE-2"
    if lu["date_zbe"] is None:
        return "TYPE_ILLISIBLE|ZBE-2"
    if lu["action"] is None:
        return "OBLIGATOIRE_VIDE|ZBE-4"
    return "HORS_VALEURS|ZBE-4" if lu["action"] not in ACTIONS else None


def _refus_de_valeurs(lu: dict[str, Any]) -> str | None:
    if lu["pv1_44"] is not None and lu["date_admission"] is None:
        return "TYPE_ILLISIBLE|PV1-44"
    if lu["pv1_45"] is not None and lu["date_fin"] is None:
        return "TYPE_ILLISIBLE|PV1-45"
    # In the order of the fields of ZFA: a code, then the instant at which it was so.
    for colonne, admis, rang, date, rang_date in (
        ("statut_dmp", STATUTS_DMP, 1, "zfa_2", 2),
        ("alimentation_dmp", ALIMENTATIONS, 9, "zfa_10", 10),
        ("consultation_dmp", CONSULTATIONS, 11, "zfa_12", 12),
    ):
        if lu[colonne] is not None and lu[colonne] not in admis:
            return f"HORS_VALEURS|ZFA-{rang}"
        if lu[date] is not None and lu[f"date_{date}"] is None:
            return f"TYPE_ILLISIBLE|ZFA-{rang_date}"
    return None
