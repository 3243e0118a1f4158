"""HL7 v2 messages: framing, parsing, and the rows they become, each expected value written by hand."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from conftest import PARTAGE, dbt, ecrire_zone, lire, une_fois
from hypothesis import given
from hypothesis import strategies as st
from test_pmsi import vidhosp

from socle.lecture import hl7, hl7_valeurs, lac
from socle.lecture.contrat import contrat
from socle.lecture.messages import Interface
from socle.lecture.messages_dpi import MessagesDpi
from socle.lecture.messages_gam import MessagesGam

EXEMPLES = PARTAGE / "exchange" / "examples"
NIR, NIA, TEST = "1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10"


def ins(numero: str, oid: str = NIR, genre: str = "INS") -> str:
    return f"{numero}^^^ASIP-SANTE-INS-{'NIA' if oid == NIA else 'NIR'}&{oid}&ISO^{genre}"


def pid(ipp: str = "P1", *autres: str, naissance: str = "19500102", sexe: str = "F", nda: str = "", statut: str = "VALI") -> str:
    identifiants = "~".join([*([f"{ipp}^^^GAM&1&M^PI"] if ipp else []), *autres])
    dossier = f"{nda}^^^GAM&1&M^AN" if nda else ""
    return f"PID|1||{identifiants}||N^P^^^^^L||{naissance}|{sexe}||||||||||{dossier}|||||||||||||{'|' if statut else ''}{statut}"


def pv1(
    classe: str = "I", venue: str = "V1", discipline: str = "", traitement: str = "", nature: str = "", admission: str = ""
) -> str:
    champs = {2: classe, 3: "^^^&010000001&M", 4: nature, 10: discipline, 21: traitement, 44: admission}
    champs[19] = f"{venue}^^^GAM&1&M^VN" if venue else ""
    return "PV1|" + "|".join(champs.get(n, "") for n in range(1, 45))


def zbe(mouvement: str, quand: str, action: str = "INSERT", origine: str = "", uf: str = "", nature: str = "HMS") -> str:
    return f"ZBE|{mouvement}^GAM|{quand}||{action}|N|{origine}|^^^^^GAM&1&M^UF^^^{uf}||{nature}"


_numero = iter(range(1, 100_000))


def adt(evenement: str, quand: str, *segments: str, numero: str | None = None) -> str:
    numero = numero or str(next(_numero))
    msh = f"MSH|^~\\&|GAM|CHX|DPI|CHX|{quand}||ADT^{evenement}|{numero}|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|||2.11^PAM"
    return "\r".join([msh, f"EVN||{quand}||||{quand}", *segments]) + "\r"


def mouvement(
    evenement: str, quand: str, ident: str, venue: str = "V1", action: str = "INSERT", origine: str = "", **pv: str
) -> str:
    """A movement of one patient, whose date of effect is the message's."""
    uf, nature = pv.pop("uf", ""), pv.pop("nature_mouvement", "HMS")
    nda = pv.pop("nda", venue)
    effet = pv.pop("effet", quand)
    return adt(evenement, quand, pid(nda=nda), pv1(venue=venue, **pv), zbe(ident, effet, action, origine, uf, nature))


def cda(
    ident: str,
    niveau: str = "N1",
    lot: str | None = "1.9.1",
    version: int | None = 1,
    patient: str | None = None,
    parent: str | None = None,
    jour: str = "20230110",
    extra: str = "",
) -> str:
    """The base64 text of a CDA header."""
    corps = "<nonXMLBody><text/></nonXMLBody>" if niveau == "N1" else "<structuredBody/>"
    texte = (
        '<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3">'
        f'<id root="{ident}"/><code code="11490-0"/><effectiveTime value="{jour}"/>'
        + (f'<setId root="{lot}"/>' if lot else "")
        + (f'<versionNumber value="{version}"/>' if version else "")
        + "<recordTarget><patientRole>"
        + (f'<id root="{NIR}" extension="{patient}"/>' if patient else "")
        + "</patientRole></recordTarget>"
        + extra
        + (
            f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{parent}"/></parentDocument></relatedDocument>'
            if parent
            else ""
        )
        + f"<component>{corps}</component></ClinicalDocument>"
    )
    return base64.b64encode(texte.encode()).decode()


def document(
    structure: str,
    quand: str,
    corps: str | list[str],
    txa_12: str = "",
    txa_13: str = "",
    orc: str = "NW",
    obx_11: str = "F",
    numero: str = "1",
    patient: str | None = None,
    venue: str = pv1("I", "V1"),
    destinations: str = "DESTDMP",
    rct: tuple[str, ...] = (),
    type_code: str = "11490-0",
    profil: str = "2.1^CISIS_CDA_HL7_V2",
    activite: str = "20230110",
    emetteur: str = "DPI",
) -> str:
    msh = f"MSH|^~\\&|{emetteur}|CHX|PFI|CHX|{quand}||{structure}|{numero}|P|2.6|||||FRA|UNICODE UTF-8|||{profil}"
    segments = [msh, pid("P1") if patient is None else patient, venue, f"ORC|{orc}|", f"OBR|1|||{type_code}^x^LN|"]
    if structure.startswith("MDM"):
        segments.insert(1, f"EVN||{quand}")
        segments.append(f"TXA|1|{type_code}|TEXT|{activite}||||||||{txa_12}|{txa_13}||||AU")
    for rang, morceau in enumerate([corps] if isinstance(corps, str) else corps, start=1):
        segments.append(f"OBX|{rang}|ED|{type_code}^x^LN||^text^XML^Base64^{morceau}||||||{obx_11}|")
    segments += [f"PRT||UC||RCT^^participation|{r.split(' ')[0]}||||||||||^^X.400^{r.split(' ')[1]}" for r in rct]
    segments += [f"OBX|9|CWE|{d}^x^MetaDMPMSS||Y^^yn||||||F|" for d in destinations.split()]
    segments.append("OBX|10|ED|CORPSMAIL_PS^Corps||^text^^Base64^Qm9uam91cg==||||||F|")
    return "\r".join(segments) + "\r"


def zam(evenement: str, quand: str, numero: str, succes: str, adresse: str = "", erreur: str = "", emetteur: str = "DPI") -> str:
    msh = f"MSH|^~\\&|PFI|CHX|{emetteur}|CHX|{quand}||ZAM^{evenement}^ZAM_Z01|{next(_numero)}|P|2.6|||||FRA|UNICODE UTF-8|||2.1^X"
    segments = [msh, f"EVN||{quand}", f"OBX|1|CWE|ACK^x^AckMetierZAM|{numero}|{succes}^^yn||||||F|"]
    if adresse:
        segments.append(f"OBX|2|XTN|DESTINATAIRE_MSS^x^AckMetierZAM||^^X.400^{adresse}||||||F|")
    if erreur:
        segments.append(f"ERR|||207^x|E|{erreur}^x^DMPERRORCODE")
    return "\r".join(segments) + "\r"


def oru(*comptes_rendus: tuple[str, list[tuple[str, str, str]]]) -> str:
    """A message of several orders: ORC-1 of each, then code, action and body of each of its documents."""
    msh = (
        f"MSH|^~\\&|SGL|CHX|PFI|CHX|20230101||ORU^R01^ORU_R01|{next(_numero)}|P|2.5|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2"
    )
    segments = [msh, pid("P1"), pv1("I", "V1")]
    for rang, (orc, documents) in enumerate(comptes_rendus, start=1):
        segments += [f"ORC|{orc}|", f"OBR|{rang}|||11502-2^x^LN|"]
        segments += [f"OBX|1|ED|{code}^x^LN||^text^XML^Base64^{corps}||||||{action}|" for code, action, corps in documents]
    segments.append("OBX|9|CWE|DESTDMP^x^MetaDMPMSS||Y^^yn||||||F|")
    return "\r".join(segments) + "\r"


def construire(
    exports: Path,
    sortie: Path,
    *arguments: str,
    selection: str = "+staging +intermediate.interfaces +qualite.fichiers +qualite.rejets +qualite.alertes_lecture",
) -> Path:
    """Build what reads the exports with dbt; return the warehouse."""
    sans_tests = ("--exclude", "test_type:unit", "test_type:singular")
    dbt(exports, sortie, "build", "--select", *selection.split(), *sans_tests, *arguments)
    return sortie / "entrepot.duckdb"


# — one establishment a scenario: nothing of one can reach another

(
    IDENTITES, FUSIONS, VENUES, ANNULATIONS, CLASSES, CHAMPS, DMP, CORRESPONDANTS, FORMES, REJETS, DOCUMENTS, CHAINES, RETOURS,
    MSS, REJETS_DPI, MELANGE, DOUBLONS, HORLOGES, STATUTS, VIES, SEANCES, NUMEROS, MILIEU, BIOLOGIE, SITES, NAISSANCES, SAUTS,
    PLUSIEURS, CORPS, DEPLACES, ENCORE_CONNUS, OUTREMER,
) = (f"0100000{n:02d}" for n in range(10, 42))  # fmt: skip

INS_1, INS_2 = "260058815400233", "2A0058815400244"

SCENARIOS: dict[str, str | bytes] = {
    f"{IDENTITES}/gam/hl7/a.hl7": "".join(
        [
            adt("A28", "20230101080000", pid("PROV", ins(INS_1), statut="PROV")),
            adt("A31", "20230101080000", pid("QUAL", ins(INS_2, NIA), ins(INS_1), sexe="M")),
            adt("A31", "20230101080000", pid("NIA", ins(INS_2, NIA))),
            adt("A31", "20230101080000", pid("VALI")),
            adt("A31", "20230101080000", pid("NH", ins(INS_1, genre="NH"))),
            adt("A31", "20230101080000", pid("INSC", ins(INS_1, "1.2.250.1.213.1.4.2"))),
            adt("A31", "20230101080000", pid("COURT", ins("2600588154002"))),
            adt("A31", "20230101080000", pid("TEST", ins(INS_1, TEST))),
            adt("A31", "20230101080000", pid("ATTRIBUTS", statut="VALI~DOUT~FICT", sexe="U")),
            adt("A31", "20230101080000", pid("MUET", statut="")),
            adt("A31", "20230101080000", pid("RETRAIT", ins(INS_1))),
            adt("A47", "20230102080000", pid("RETRAIT", ins('""')), f"MRG|{ins(INS_1)}"),
            adt("A31", "20230101080000", pid("RECUL", ins(INS_1))),
            adt("A47", "20230102080000", pid("RECUL", ins('""'), statut="PROV"), f"MRG|{ins(INS_1)}"),
            # The message without a status keeps what the identity was.
            adt("A31", "20230101080000", pid("RESTE", ins(INS_1))),
            adt("A31", "20230102080000", pid("RESTE", statut="", naissance="19500103")),
            adt("A08", "20230101080000", pid("ANCIEN")),
        ]
    ),
    f"{FUSIONS}/gam/hl7/a.hl7": "".join(
        [
            mouvement("A01", "20230101080000", "1", "VA").replace("P1^^^", "A^^^"),
            mouvement("A01", "20230102080000", "1", "VB").replace("P1^^^", "B^^^"),
            mouvement("A01", "20230103080000", "1", "VC").replace("P1^^^", "C^^^"),
            adt("A40", "20230104080000", pid("B"), "MRG|A^^^GAM&1&M^PI"),
            adt("A40", "20230105080000", pid("C"), "MRG|B^^^GAM&1&M^PI"),
            # Two merges that contradict each other: the last says who stays.
            adt("A40", "20230104080000", pid("X"), "MRG|Y^^^GAM&1&M^PI"),
            adt("A40", "20230105080000", pid("Y"), "MRG|X^^^GAM&1&M^PI"),
            # A dossier moves to another patient.
            mouvement("A01", "20230103080000", "1", "VD", nda="DD"),
            adt("A44", "20230104080000", pid("D2", nda="DD"), "MRG|P1^^^GAM&1&M^PI||DD"),
        ]
    ),
    f"{VENUES}/gam/hl7/a.hl7": "".join(
        [
            # Preadmitted, admitted, moved, gone; the exit comes from ZBE-2, not from the message.
            mouvement("A05", "20221220080000", "0", effet="20230101070000"),
            mouvement("A01", "20230101080000", "1", uf="U1"),
            mouvement("A02", "20230102080000", "2", uf="U2"),
            mouvement("A03", "20230105090000", "3", effet="20230104180000") + "ZFM||8||\r",
            # Preadmitted only: no venue.
            mouvement("A05", "20230101080000", "1", "VPREADMIS"),
            # No ZBE, no PV1-19: the dossier is the venue, the exit is PV1-45, else EVN-6.
            adt("A01", "20230101080000", pid(nda="N1"), pv1(venue="")),
            adt("A03", "20230103080000", pid(nda="N1"), pv1(venue="")),
            adt("A01", "20230101080000", pid(nda="N2"), pv1(venue="")),
            adt("A03", "20230103080000", pid(nda="N2"), pv1(venue="") + "|20230102120000"),
            # The archive begins in the middle of the stay: PV1-44.
            mouvement("A02", "20230103080000", "2", "VMILIEU", admission="20230101100000"),
            mouvement("A03", "20230104080000", "3", "VMILIEU"),
            # The correction moves the exit; the older exit does not come back.
            mouvement("A01", "20230101080000", "1", "VCORRIGE"),
            mouvement("A03", "20230105080000", "2", "VCORRIGE"),
            mouvement("Z99", "20230106080000", "2", "VCORRIGE", "UPDATE", "A03", effet="20230103080000"),
            # A venue of a dossier.
            mouvement("A01", "20230101080000", "1", "VDOSSIER", nda="PSY1"),
        ]
    ),
    f"{ANNULATIONS}/gam/hl7/a.hl7": "".join(
        [
            mouvement("A01", "20230101080000", "1", "VANNULEE"),
            mouvement("A11", "20230101090000", "1", "VANNULEE", "CANCEL"),
            mouvement("A01", "20230101080000", "1", "VREADMISE"),
            mouvement("A11", "20230101090000", "1", "VREADMISE", "CANCEL"),
            mouvement("A01", "20230101100000", "2", "VREADMISE"),
            # Cancelled under another number than the admission's.
            mouvement("A01", "20230101080000", "1", "VAUTRE"),
            mouvement("A11", "20230101090000", "9", "VAUTRE", "CANCEL"),
            # One admission of two is cancelled.
            mouvement("A01", "20230101080000", "1", "VDEUX"),
            mouvement("A01", "20230101080500", "2", "VDEUX"),
            mouvement("A11", "20230101090000", "2", "VDEUX", "CANCEL"),
            mouvement("A01", "20230101080000", "1", "VSORTIE"),
            mouvement("A03", "20230103080000", "2", "VSORTIE"),
            mouvement("A13", "20230103090000", "2", "VSORTIE", "CANCEL"),
            mouvement("A01", "20230101080000", "1", "VRESSORTIE"),
            mouvement("A03", "20230103080000", "2", "VRESSORTIE"),
            mouvement("A13", "20230103090000", "8", "VRESSORTIE", "CANCEL"),
            mouvement("A03", "20230104080000", "3", "VRESSORTIE"),
            mouvement("A05", "20230101080000", "1", "VPREVUE"),
            mouvement("A38", "20230101090000", "1", "VPREVUE", "CANCEL"),
            mouvement("A01", "20230101080000", "1", "VMUTEE", uf="U1"),
            mouvement("A02", "20230102080000", "2", "VMUTEE", uf="U2"),
            mouvement("A12", "20230102090000", "2", "VMUTEE", "CANCEL", uf="U1"),
            # Without ZBE.
            adt("A01", "20230101080000", pid(nda="N1"), pv1(venue="")),
            adt("A11", "20230101090000", pid(nda="N1"), pv1(venue="")),
            adt("A01", "20230101080000", pid(nda="N2"), pv1(venue="")),
            adt("A03", "20230102080000", pid(nda="N2"), pv1(venue="")),
            adt("A13", "20230102090000", pid(nda="N2"), pv1(venue="")),
        ]
    ),
    f"{CLASSES}/gam/hl7/a.hl7": "".join(
        [
            mouvement("A04", "20230101200000", "1", "VURGENCES", classe="E"),
            mouvement("A03", "20230101230000", "2", "VURGENCES", classe="E"),
            # The visit becomes a stay, under the same number, then under another of the same dossier.
            mouvement("A04", "20230101200000", "1", "VMEME", classe="E"),
            mouvement("A06", "20230102010000", "2", "VMEME", classe="I"),
            mouvement("A04", "20230101200000", "1", "VPASSAGE", classe="E", nda="D1"),
            mouvement("A06", "20230102010000", "2", "VSEJOUR", classe="I", nda="D1"),
            # The class change is cancelled by the opposite event.
            mouvement("A04", "20230101200000", "1", "VRETOUR", classe="E"),
            mouvement("A06", "20230102010000", "2", "VRETOUR", classe="I"),
            mouvement("A07", "20230102020000", "2", "VRETOUR", "CANCEL", classe="E"),
            mouvement("A01", "20230101080000", "1", "VEXTERNE", classe="I"),
            mouvement("A07", "20230101090000", "2", "VEXTERNE", classe="O"),
            # Z99, nature C: the status changes, no movement does.
            mouvement("A01", "20230101080000", "1", "VSTATUT", classe="I"),
            mouvement("A02", "20230102080000", "2", "VSTATUT", classe="I"),
            mouvement(
                "Z99", "20230103080000", "1", "VSTATUT", "UPDATE", "A01", classe="O", effet="20230101080000", nature_mouvement="C"
            ),
            # A late correction of the visit does not undo the stay.
            mouvement("A04", "20230101200000", "1", "VTARD", classe="E"),
            mouvement("A06", "20230102010000", "2", "VTARD", classe="I"),
            mouvement("Z99", "20230103010000", "1", "VTARD", "UPDATE", "A04", classe="E", effet="20230101190000"),
            mouvement("A04", "20230101080000", "1", "VRETROCESSION", classe="O", nature="RM"),
            mouvement("A04", "20230101080000", "1", "VTELE", classe="V"),
        ]
    ),
    f"{CHAMPS}/gam/unites_fonctionnelles_20230101.csv": (
        "uf;service_id;champ;mode_hospitalisation;type_seance\nUPSY;S;PSY;;\nUDIA;S;MCO;SEANCE;DIALYSE\nUEXT;S;EXTERNE;;\n"
    ),
    f"{CHAMPS}/gam/hl7/a.hl7": "".join(
        [
            mouvement("A01", "20230101080000", "1", "RIEN"),
            mouvement("A01", "20230101080000", "1", "UNITE", uf="UPSY", traitement="06"),
            mouvement("A01", "20230101080000", "1", "UNITE_EXTERNE", uf="UEXT"),
            mouvement("A01", "20230101080000", "1", "HAD", traitement="06"),
            mouvement("A01", "20230101080000", "1", "JOUR", traitement="04"),
            mouvement("A01", "20230101080000", "1", "SMR", discipline="172"),
            mouvement("A01", "20230101080000", "1", "PSY", discipline="230"),
            mouvement("A01", "20230101080000", "1", "ZFS").replace("ZBE|", "ZFS|1||\rZBE|"),
            mouvement("A04", "20230101080000", "1", "DIALYSE", classe="R", uf="UDIA"),
            mouvement("A04", "20230101080000", "1", "CHIMIO", classe="R", discipline="302"),
            mouvement("A04", "20230101080000", "1", "RADIO", classe="R", discipline="039"),
            mouvement("A04", "20230101080000", "1", "CURE", classe="R"),
            mouvement("A01", "20230101080000", "1", "USLD", discipline="176"),
        ]
    ),
    f"{DMP}/gam/hl7/a.hl7": "".join(
        adt("A01", f"202301{jour:02d}080000", pid(nda=f"V{jour}"), pv1(venue=f"V{jour}"), zbe("1", f"202301{jour:02d}080000"), zfa)
        for jour, zfa in enumerate(
            [
                "ZFA|ACTIF|20230101070000|||||||INO|20230101070000|IC|20230101070000",
                "ZFA|ACTIF|20230102070000|||||||INO|20230102070000|INC|20230102070000",
                "ZFA|ACTIF|20230102070000|||||||IO|20230103070000|NA|",
                "ZFA|FERME|20230104070000|20230104||||||NA||NA|",
                "ZFA|INEXISTANT||",
                # Flow before 2.11: what it says elsewhere is not read; nothing in ZFA-1 is no statement.
                "ZFA||20230106070000||Y|20230106070000|N|N|20230106070000",
                # One answer is enough to know that he was told.
                "ZFA|ACTIF|20230107070000|||||||INO|",
                "ZFA|ACTIF|20230108070000|||||||NA||INC|",
                "ZFA|ACTIF|20230109070000|||||||||IC|",
            ],
            start=1,
        )
    ),
    f"{CORRESPONDANTS}/gam/hl7/a.hl7": "".join(
        adt("A01" if rang == 1 else "A02", f"202301{rang:02d}080000", pid(nda="V1"), *roles, pv1(), zbe(str(rang), f"202301{rang:02d}"))
        for rang, roles in enumerate(
            [
                ["ROL||UC|ODRP|10000000001^X^^^^^^^^^^^RPPS", "ROL||UC|ATTD|10000000009^X^^^^^^^^^^^RPPS"],
                [
                    "ROL||UC|ODRP|810000000002^X^^^^^^^^^^^IDNPS",
                    "ROL||AD|RP|LOCAL7^X",
                    "ROL||UC|RT|10000000003^X^^^^^^^^^^^RPPS",
                    "ROL||DE|RT|10000000004^X^^^^^^^^^^^RPPS",
                ],
                [],
            ],
            start=1,
        )
    ),
    # Same content in every form a file can have.
    f"{FORMES}/gam/hl7/a_mllp.hl7": b"\x0b" + adt("A28", "20230101", pid("MLLP")).encode() + b"\x1c\r\x0b"
    + adt("A28", "20230101", pid("MLLP2")).encode() + b"\x1c\r",
    f"{FORMES}/gam/hl7/b_crlf.hl7": adt("A28", "20230101", pid("CRLF")).replace("\r", "\r\n"),
    f"{FORMES}/gam/hl7/c_lf.er7": ("\ufeff" + adt("A28", "20230101", pid("LF")) + "\r\r  \r" + adt("A28", "20230101", pid("LF2"))).replace(
        "\r", "\n"
    ),
    f"{FORMES}/gam/hl7/d_lots.hl7": "FHS|^~\\&|GAM\rBHS|^~\\&|GAM\r" + adt("A28", "20230101", pid("LOT")) + "BTS|1\rFTS|1\r",
    f"{FORMES}/gam/hl7/e_latin.hl7": adt("A28", "20230101", pid("É1")).replace("UNICODE UTF-8", "8859/1").encode("latin-1"),
    f"{FORMES}/gam/hl7/f_utf8.hl7": adt("A28", "20230101", pid("É2")),
    f"{FORMES}/gam/hl7/g_menteur.hl7": adt("A28", "20230101", pid("É3")).encode("cp1252"),
    f"{FORMES}/gam/hl7/h_separateurs.hl7": adt("A28", "20230101", pid("SEP~ARE"))
    .replace("~", "\0").replace("|", "#").replace("^", "!").replace("&", "%").replace("\\", "/").replace("\0", "~")
    .replace("#!~/%#", "#!*/%#").replace("SEP~ARE", "SEP|ARE^~"),
    f"{FORMES}/gam/hl7/i_echappements.hl7": adt("A28", "20230101", pid(r"a\F\b\S\c\R\d\E\e\T\f\X41C3A9\g\XE9\h\H\i\N\j\.br\k"))
    + adt("A28", "20230101", pid("\\X7C\\tube\\")) + adt("A28", "20230101", pid("impair\\ "))
    + adt("A28", "20230101", pid("r1^x~autre^y&z", ins(INS_1))),
    f"{DOUBLONS}/gam/hl7/a.hl7": adt("A28", "20230101", pid("D1"), numero="77") * 2 + adt("A28", "20230101", pid("D2"), numero="77"),
    f"{DOUBLONS}/gam/hl7/b.hl7": adt("A28", "20230101", pid("D1"), numero="77").replace("\r", "\n"),
}  # fmt: skip


BON = [pid(nda="V1"), pv1(), zbe("1", "20230101080000")]
REFUS: list[tuple[str, str, str]] = [
    ("du bruit avant tout message\r", "MESSAGE_ILLISIBLE", "MSH"),
    ("MSI|^~\\&|GAM|CHX|||20230101||ADT^A28|1|P|2.5\rEVN||20230101\r" + pid("X") + "\r", "MESSAGE_ILLISIBLE", "MSH"),
    ("MSH\r", "MESSAGE_ILLISIBLE", "MSH-2"),
    ("MSH|^^\\&|GAM|CHX|||20230101||ADT^A28|1\r", "MESSAGE_ILLISIBLE", "MSH-2"),
    ("MSH|ABCD|GAM|CHX|||20230101||ADT^A28|1\r", "MESSAGE_ILLISIBLE", "MSH-2"),
    (adt("A28", "20230101", pid()).replace("ADT^A28", ""), "OBLIGATOIRE_VIDE", "MSH-9"),
    (adt("A28", "20230101", pid(), numero=" "), "OBLIGATOIRE_VIDE", "MSH-10"),
    (adt("A28", "hier", pid()), "TYPE_ILLISIBLE", "MSH-7"),
    (adt("A28", "20230230", pid()), "TYPE_ILLISIBLE", "MSH-7"),
    (adt("A28", "", pid()), "OBLIGATOIRE_VIDE", "MSH-7"),
    (adt("A28", "00260503", pid()), "TYPE_ILLISIBLE", "MSH-7"),
    (adt("A28", "22000101", pid()), "TYPE_ILLISIBLE", "MSH-7"),
    (adt("A01", "20230101", *BON[:2], zbe("1", "00010101")), "TYPE_ILLISIBLE", "ZBE-2"),
    (adt("A01", "20230101", *BON[:2], zbe("1", "20230101080000+2600")), "TYPE_ILLISIBLE", "ZBE-2"),
    (adt("A28", "20230101", pid("X"), pid("Y")), "SEGMENT_EN_DOUBLE", "PID"),
    (adt("A60", "20230101", pid()), "TYPE_NON_TRAITE", "MSH-9"),
    (adt("A28", "20230101", pid()).replace("ADT^A28", "MDM^T02"), "TYPE_NON_TRAITE", "MSH-9"),
    (adt("A28", "20230101"), "SEGMENT_MANQUANT", "PID"),
    (adt("A28", "20230101", pid("", ins(INS_1))), "OBLIGATOIRE_VIDE", "PID-3"),
    (adt("A40", "20230101", pid("X"), pid("Y"), "MRG|Z^^^GAM&1&M^PI"), "SEGMENT_EN_DOUBLE", "PID"),
    (adt("A44", "20230101", pid("X", nda="D"), "MRG|Y||D", "MRG|Z||E"), "SEGMENT_EN_DOUBLE", "MRG"),
    (adt("A31", "20230101", pid(naissance="")), "OBLIGATOIRE_VIDE", "PID-7"),
    (adt("A40", "20230101", pid()), "SEGMENT_MANQUANT", "MRG"),
    (adt("A40", "20230101", pid(), "MRG|"), "OBLIGATOIRE_VIDE", "MRG-1"),
    (adt("A44", "20230101", pid(), "MRG|P2"), "OBLIGATOIRE_VIDE", "PID-18"),
    (adt("A01", "20230101", pid(nda="V1"), zbe("1", "20230101")), "SEGMENT_MANQUANT", "PV1"),
    (adt("A01", "20230101", pid(), pv1(venue="")), "OBLIGATOIRE_VIDE", "PV1-19"),
    (adt("A01", "20230101", pid(), pv1("")), "OBLIGATOIRE_VIDE", "PV1-2"),
    (adt("A01", "20230101", pid(), pv1("Q")), "HORS_VALEURS", "PV1-2"),
    (adt("Z99", "20230101", *BON[:2]), "SEGMENT_MANQUANT", "ZBE"),
    (adt("A03", "20230101", *BON[:2], "ZBE|2|20230101|20230105||INSERT|N||U||HMS"), "COMBINAISON_INCOHERENTE", "ZBE-4"),
    (adt("A01", "20230101", *BON[:2], "ZBE||20230101||INSERT"), "OBLIGATOIRE_VIDE", "ZBE-1"),
    (adt("A01", "20230101", *BON[:2], "ZBE|1|||INSERT"), "OBLIGATOIRE_VIDE", "ZBE-2"),
    (adt("A01", "20230101", *BON[:2], "ZBE|1|2023-01-01||INSERT"), "TYPE_ILLISIBLE", "ZBE-2"),
    (adt("A01", "20230101", *BON[:2], "ZBE|1|20230101"), "OBLIGATOIRE_VIDE", "ZBE-4"),
    (adt("A01", "20230101", *BON[:2], "ZBE|1|20230101||AJOUT"), "HORS_VALEURS", "ZBE-4"),
    (adt("A01", "20230101", pid(), pv1(admission="x"), BON[2]), "TYPE_ILLISIBLE", "PV1-44"),
    (adt("A01", "20230101", pid(), pv1() + "|x", BON[2]), "TYPE_ILLISIBLE", "PV1-45"),
    (adt("A01", "20230101", *BON, "ZFA|OUVERT|20230101"), "HORS_VALEURS", "ZFA-1"),
    (adt("A01", "20230101", *BON, "ZFA|ACTIF|x"), "TYPE_ILLISIBLE", "ZFA-2"),
    (adt("A01", "20230101", *BON, "ZFA|ACTIF||||||||OUI"), "HORS_VALEURS", "ZFA-9"),
    (adt("A01", "20230101", *BON, "ZFA|ACTIF||||||||IO|x"), "TYPE_ILLISIBLE", "ZFA-10"),
    (adt("A01", "20230101", *BON, "ZFA|ACTIF||||||||||OUI"), "HORS_VALEURS", "ZFA-11"),
    (adt("A01", "20230101", *BON, "ZFA|ACTIF||||||||||IC|x"), "TYPE_ILLISIBLE", "ZFA-12"),
    (mouvement("A03", "20230105", "1", "SEULE"), "ENTREE_INCONNUE", "PV1-44"),
    (mouvement("A03", "20220105", "7", "AVANT"), "DATES_INCOHERENTES", "ZBE-2"),
    ("\x0bPID|1||orphelin\x1c\r", "MESSAGE_ILLISIBLE", "MSH"),
]
# The stay whose exit comes before its entry, one whose exit has no time, the last good message of the file.
SCENARIOS[f"{REJETS}/gam/hl7/a.hl7"] = (
    "".join(message for message, _, _ in REFUS)
    + mouvement("A01", "20230101", "1", "AVANT")
    + mouvement("A01", "20230101100000", "8", "MEME_JOUR")
    + mouvement("A03", "20230101", "9", "MEME_JOUR")
    + adt("A28", "20230101", pid("BON"))
)

LDL = "11490-0"
DESTINATAIRES = ("10000000001^^^^^^^^^^^^RPPS Dr.A@CHX.mssante.fr", f"{INS_1} {INS_1}@patient.mssante.fr", "X bal@exemple.fr")
SCENARIOS |= {
    f"{DOCUMENTS}/etab": "",
    f"{DOCUMENTS}/gam/hl7/a.hl7": adt("A31", "20230101", pid("P1", ins(INS_1)))
    + mouvement("A01", "20230101080000", "1", "V1", nda="N1")
    + mouvement("A01", "20230201080000", "1", "V2", nda="N1"),
    f"{DOCUMENTS}/dpi/hl7/a.hl7": "".join(
        [
            # INS in the header of the CDA and in PID: the recipient is the letter's.
            document(
                "MDM^T02", "20230110", cda("1.1", patient=INS_1, extra=(
                    '<informationRecipient><intendedRecipient><id root="1.2.250.1.71.4.2.1" extension="810000000005"/>'
                    "</intendedRecipient></informationRecipient>"
                )), "1.1", patient=pid("P1", ins(INS_1)), rct=DESTINATAIRES[:1],
            ),
            # INS in PID only, then validated nowhere.
            document("MDM^T02", "20230110", cda("1.2", lot="1.9.2"), "1.2", patient=pid("P1", ins(INS_1)), rct=DESTINATAIRES[:1]),
            document("MDM^T02", "20230110", cda("1.3", lot="1.9.3", patient=INS_1), "1.3", patient=pid("P1", ins(INS_1), statut="PROV")),
            # Known by the INS only, by the venue only; the venue by its dossier: the last one entered.
            document("MDM^T02", "20230110", cda("1.4", lot="1.9.4", patient=INS_1), "1.4", patient=pid("", ins(INS_1))),
            document("MDM^T02", "20230110", cda("1.5", lot="1.9.5"), "1.5", patient=pid("")),
            document("MDM^T02", "20230210", cda("1.6", lot="1.9.6"), "1.6", patient=pid("P1", nda="N1"), venue=pv1("I", "")),
            document("MDM^T02", "20230110", cda("1.7", lot="1.9.7"), "1.7", patient=pid("P1", nda="N1"), venue=pv1("I", "")),
            # The document of a patient that nothing else knows; the one that is no CDA; the truncated one.
            document("MDM^T02", "20230110", "JVBERi0xLjQ=", "ext^^1.8^ISO", venue=pv1("N", "")),
            document("MDM^T02", "20230110", cda("1.10")[:60], "1.10", activite=""),
            # ORU: the id is the CDA's, N1 and N3 are one report, read from its N1.
            document("ORU^R01", "20230110", [cda("1.12", "N3", "1.9.12"), cda("1.11", "N1", "1.9.11", jour="20230109")], type_code="11502-2"),
            document("ORU^R01", "20230110", cda("1.13", "N3", "1.9.13"), type_code="18748-4", rct=DESTINATAIRES[:1]),
            # The modality is the act's; the producer is the author's establishment.
            document("ORU^R01", "20230110", cda("1.14", "N1", "1.9.14", extra=(
                '<documentationOf><serviceEvent><code code="x"><translation code="MR" codeSystem="1.2.840.10008.2.16.4"/></code>'
                "</serviceEvent></documentationOf>"
            )), type_code="18748-4") + f"PRT||UC||SB^^participation||||LABO^^^^^X^FINEJ^^^1{DOCUMENTS}\r",
            document("ORU^R01", "20230110", cda("1.15", "N1", "1.9.15"), type_code="11502-2")
            + "PRT||UC||SB^^participation||||LABO^^^^^X^FINEJ^^^990000000\r",
            # Version 1 of the profile: SC, no code system, COMP_LOT.
            document("ORU^R01", "20230110", cda("1.16", "N1", "1.9.16"), orc="SC", profil="1.2^CISIS_CDA_HL7_V1", type_code="11502-2")
            + "OBX|11|CE|COMP_LOT^x||1.7^B||||||F|\rOBX|12|CE|COMP_LOT^x||1.7^A||||||F|\r",
            # Never productions: what comes from outside, results without a document.
            document("MDM^T02", "20230110", cda("1.20"), "1.20", profil="1.1^CISIS_CDA_HL7_LPS", venue=pv1("N", "")),
            document("MDM^T02", "20230110", cda("1.21"), "1.21") + "OBX|20|ED|1^XDM/1.0/DDM+CR||^text^^Base64^QQ==||||||F|\r",
            "MSH|^~\\&|SIL|L|DPI|C|20230110||ORU^R01|5|P|2.5\r" + pid() + "\rOBX|1|NM|718-7^Hb^LN||12|g/dL|||||F\r",
        ]
    ),
    f"{CHAINES}/dpi/hl7/a.hl7": "".join(
        [
            # setId of the CDA.
            document("MDM^T02", "20230101", cda("2.1", lot="2.9", version=1), "2.1"),
            document("MDM^T10", "20230102", cda("2.2", lot="2.9", version=2, parent="2.1"), "2.2", "2.1", "RO", "C"),
            # Neither setId nor version: TXA-13, over two steps.
            document("MDM^T02", "20230101", cda("3.1", lot=None, version=None), "3.1^Organisation-Y"),
            document("MDM^T10", "20230102", cda("3.2", lot=None, version=None), "3.2^Organisation-Y", "3.1^Organisation-Y", "RO", "C"),
            document("MDM^T10", "20230103", "QQ==", "3.3", "3.2", "RO", "C"),
            # The first version had a setId.
            document("MDM^T02", "20230101", cda("4.1", lot="4.9"), "4.1"),
            document("MDM^T10", "20230102", cda("4.2", lot=None, version=None, parent="4.1"), "4.2", "", "RO", "C"),
            # The replaced one is named by the id of its N3.
            document("ORU^R01", "20230101", [cda("5.1", "N1", None, None), cda("5.3", "N3", None, None)], type_code="11502-2"),
            document("ORU^R01", "20230102", cda("5.4", "N1", None, None, parent="5.3"), orc="RO", obx_11="C", type_code="11502-2"),
            # A circle has no first version, and stops.
            document("MDM^T10", "20230101", "QQ==", "6.1", "6.2", "RO", "C"),
            document("MDM^T10", "20230102", "QQ==", "6.2", "6.1", "RO", "C"),
            # Deletions: the document itself, known; by the one it replaced; by its N3; unknown.
            document("MDM^T04", "20230105", "QQ==", "2.2", "2.1", "CA", "D", numero="del1"),
            document("MDM^T04", "20230105", "QQ==", "7.9", "3.3", "CA", "D", numero="del2"),
            document("ORU^R01", "20230105", cda("5.3", "N3", None, None), orc="CA", obx_11="D", type_code="11502-2", numero="del3"),
            document("MDM^T04", "20230105", "QQ==", "8.8", "8.7", "CA", "D", numero="del4"),
        ]
    ),
    f"{RETOURS}/dpi/hl7/a.hl7": "".join(
        [
            # MSH-10 is always 015: the answer belongs to the last message before it.
            document("MDM^T02", "202301010900", cda("1.1"), "1.1", numero="015"),
            zam("Z01", "202301010901", "015", "Y"),
            document("MDM^T02", "202301011000", cda("1.2", lot="1.9.2"), "1.2", numero="015"),
            # Two refusals of the same minute: the last line is the last.
            zam("Z01", "202301011001", "015", "N", erreur="Timeout"),
            zam("Z01", "202301011001", "015", "N", erreur="DMPClosed"),
            document("MDM^T02", "202301011100", cda("1.3", lot="1.9.3"), "1.3", numero="015"),
            # Same number, another sender.
            document("MDM^T02", "202301011200", cda("1.4", lot="1.9.4"), "1.4", numero="015", emetteur="RIS"),
            zam("Z01", "202301011201", "015", "Y", emetteur="RIS"),
            # Refused by the platform; then a second try that succeeds; read, which is no answer; not for the DMP.
            document("MDM^T02", "202301011300", cda("1.5", lot="1.9.5"), "1.5", numero="16"),
            "MSH|^~\\&|PFI|CHX|DPI|CHX|202301011301||ACK^T02^ACK|1|P|2.6\rMSA|AE|16\rERR||MSH^1^12|204^x|E\r",
            "MSH|^~\\&|PFI|CHX|DPI|CHX|202301011301||ACK^T02^ACK|1|P|2.6\rMSA|AE|16\rERR||MSH^1^12|203^x|E\r",
            document("MDM^T02", "202301011400", cda("1.6", lot="1.9.6"), "1.6", numero="17"),
            zam("Z01", "202301011401", "17", "N", erreur="Timeout"),
            zam("Z01", "202301011402", "17", "Y"),
            document("MDM^T02", "202301011500", cda("1.7", lot="1.9.7"), "1.7", numero="18"),
            zam("Z03", "202301011501", "18", "Y"),
            document("MDM^T02", "202301011600", cda("1.8", lot="1.9.8"), "1.8", numero="19", destinations=""),
            "MSH|^~\\&|PFI|CHX|DPI|CHX|202301011701||ACK^T02^ACK|1|P|2.6\rMSA|AA|18\r",
        ]
    ),
    f"{MSS}/dpi/hl7/a.hl7": "".join(
        [
            document("MDM^T02", "202301010900", cda("1.1"), "1.1", numero="1", rct=DESTINATAIRES, destinations="DESTMSSANTEPS DESTMSSANTEPAT"),
            zam("Z02", "202301010901", "1", "Y", "dr.a@chx.mssante.fr"),
            zam("Z02", "202301010901", "1", "N", f"{INS_1}@patient.mssante.fr", "511"),
            zam("Z02", "202301010901", "1", "N", f"{INS_1}@patient.mssante.fr", "512"),
            # The flag decides, not the recipient; the patient's address may be left to the platform.
            document("MDM^T02", "202301020900", cda("1.2", lot="1.9.2"), "1.2", numero="2", rct=DESTINATAIRES, destinations="DESTMSSANTEPS"),
            document("MDM^T02", "202301030900", "QQ==", "1.3", numero="3", destinations="DESTMSSANTEPAT"),
            document("MDM^T04", "202301040900", "QQ==", "1.2", "", "CA", "D", numero="4", rct=DESTINATAIRES, destinations="DESTMSSANTEPS"),
        ]
    ),
}  # fmt: skip

REFUS_DPI: list[tuple[str, str, str]] = [
    (document("MDM^T06", "20230110", cda("1.1"), "1.1"), "TYPE_NON_TRAITE", "MSH-9"),
    (document("MDM^T02", "20230110", cda("1.1"), "1.1", patient="NTE|x"), "SEGMENT_MANQUANT", "PID"),
    (document("MDM^T02", "20230110", cda("1.1"), "1.1").replace("TXA|", "NTE|"), "SEGMENT_MANQUANT", "TXA"),
    (document("MDM^T02", "20230110", cda("1.1"), "1.1").replace("OBX|", "NTE|"), "SEGMENT_MANQUANT", "OBX"),
    (document("MDM^T02", "20230110", [], "1.1"), "SEGMENT_MANQUANT", "OBX"),
    (document("MDM^T02", "20230110", cda("1.1"), "1.1", orc="SC"), "HORS_VALEURS", "ORC-1"),
    (document("MDM^T02", "20230110", cda("1.1"), "1.1", orc="RO"), "COMBINAISON_INCOHERENTE", "ORC-1"),
    (document("MDM^T10", "20230110", cda("1.1"), "1.1", orc="RO", obx_11="F"), "COMBINAISON_INCOHERENTE", "ORC-1"),
    (document("ORU^R01", "20230110", cda("1.1"), orc="CA", obx_11="F"), "COMBINAISON_INCOHERENTE", "ORC-1"),
    (document("ORU^R01", "20230110", cda("1.1"), orc="", obx_11=""), "OBLIGATOIRE_VIDE", "OBX-11"),
    (document("MDM^T02", "20230110", cda("1.1"), "1.1", activite="x"), "TYPE_ILLISIBLE", "TXA-4"),
    (document("MDM^T02", "20230110", cda("1.1"), "1.1", type_code=""), "OBLIGATOIRE_VIDE", "TXA-2"),
    (document("MDM^T02", "20230110", "QQ=="), "OBLIGATOIRE_VIDE", "TXA-12"),
    (document("ORU^R01", "20230110", "QQ=="), "CDA_ILLISIBLE", "OBX-5"),
    (document("MDM^T02", "20230110", cda("1.1"), "1.1").replace("||Y^^yn", "||O^^yn"), "HORS_VALEURS", "OBX-5"),
    (document("MDM^T02", "20230110", cda("1.1"), "1.1", patient=pid(""), venue=pv1("N", "")), "PATIENT_INCONNU", "PID-3"),
    (zam("Z01", "20230110", "1", "Y").replace("OBX|", "NTE|"), "SEGMENT_MANQUANT", "OBX"),
    (zam("Z01", "20230110", "", "Y"), "OBLIGATOIRE_VIDE", "OBX-4"),
    (zam("Z01", "20230110", "1", "?"), "HORS_VALEURS", "OBX-5"),
    (zam("Z02", "20230110", "jamais envoyé", "Y"), "MESSAGE_INCONNU", "OBX-4"),
    ("MSH|^~\\&|PFI|CHX|DPI|CHX|20230110||ACK^T02|9|P|2.6\r", "SEGMENT_MANQUANT", "MSA"),
    ("MSH|^~\\&|PFI|CHX|DPI|CHX|20230110||ACK^T02|9|P|2.6\rMSA|AA|\r", "OBLIGATOIRE_VIDE", "MSA-2"),
]  # fmt: skip
SCENARIOS[f"{REJETS_DPI}/dpi/hl7/a.hl7"] = "".join(message for message, _, _ in REFUS_DPI)
del SCENARIOS[f"{DOCUMENTS}/etab"]

JOUR = "20230615"
RPPS = "810000000007"
UNITES = "uf;service_id;champ;mode_hospitalisation;type_seance\nU1;S;MCO;COMPLETE;\nU2;S;SMR;COMPLETE;\nU3;S;PSY;COMPLETE;\nURT;S;MCO;SEANCE;RADIOTHERAPIE\n"
# What PID-32 says in turn, and what the identity is then: status, INS, doubtful, fictitious.
SUITES: dict[str, tuple[list[str], tuple[str, bool, bool, bool]]] = {
    "FICT": (["FICT"], ("PROVISOIRE", False, False, True)),
    "VIDE_DOUT": (["VIDE~DOUT"], ("PROVISOIRE", False, True, False)),
    "DOUT_VALI": (["DOUT~VALI"], ("QUALIFIEE", True, True, False)),
    "VALI_HOMA_FICT": (["VALI~HOMA~FICT"], ("QUALIFIEE", True, False, True)),
    "MINUSCULES": (["vali"], ("QUALIFIEE", True, False, False)),
    "TOMBE_VIDE": (["VALI", "VIDE"], ("PROVISOIRE", False, False, False)),
    "TOMBE_INVA": (["VALI", "INVA"], ("PROVISOIRE", False, False, False)),
    "TOMBE_DOUT": (["VALI", "DOUT"], ("PROVISOIRE", False, True, False)),
    "TOMBE_EFFACE": (["VALI", '""'], ("PROVISOIRE", False, False, False)),
    "TOMBE_PROV_FICT": (["VALI", "FICT~PROV"], ("PROVISOIRE", False, False, True)),
    "REVIENT": (["DOUT", "VALI"], ("QUALIFIEE", True, False, False)),
    "RESTE_DOUT": (["VALI~DOUT", ""], ("QUALIFIEE", True, True, False)),
    **{
        f"CONTREDIT_{n}": ([s], ("PROVISOIRE", False, False, False))
        for n, s in enumerate(["VALI~PROV", "vide~vali", "INVA~VALI"])
    },
}


RETRAITS: dict[str, tuple[str, list[str], list[str], bool]] = {
    "RETRAIT_A47": ("A47", [], [f"MRG|{ins(INS_1)}"], True),
    "RETRAIT_VIDE": ("A31", [ins('""')], [], True),
    "RETRAIT_NH": ("A31", [ins('""', genre="NH")], [], False),
}


def venue_de(ipp: str, quand: str, venue: str, evenement: str = "A01") -> str:
    return mouvement(evenement, quand, f"{evenement}{venue}", venue).replace("P1^^^", f"{ipp}^^^")


def fusion(quand: str, absorbe: str, conserve: str, evenement: str = "A40") -> str:
    return adt(evenement, quand, pid(conserve), f"MRG|{absorbe}^^^GAM&1&M^PI")


def seance(evenement: str, quand: str, dossier: str, zbe_1: str = "", classe: str = "R", uf: str = "URT", **champs: str) -> str:
    segments = [pid(nda=dossier), pv1(classe, "", **champs)]
    return adt(
        evenement, quand, *segments, *([zbe(zbe_1, quand, "CANCEL" if evenement == "A11" else "INSERT", uf=uf)] if zbe_1 else [])
    )


def xml(niveau: str = "N1", encodage: str = "UTF-8", titre: str = "Compte rendu") -> str:
    corps = "<nonXMLBody><text/></nonXMLBody>" if niveau == "N1" else "<structuredBody/>"
    return (
        f'<?xml version="1.0" encoding="{encodage}"?><ClinicalDocument xmlns="urn:hl7-org:v3"><id root="9.9"/>'
        f"<title>{titre}</title><component>{corps}</component></ClinicalDocument>"
    )


def archive(**fichiers: str) -> bytes:
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as fichier:
        for nom, contenu in fichiers.items():
            fichier.writestr(nom.replace("__", "/") + ".xml", contenu)
    return sortie.getvalue()


def b64(contenu: str | bytes) -> str:
    return base64.b64encode(contenu if isinstance(contenu, bytes) else contenu.encode()).decode()


UTILE = b64(xml())
# The body as it comes, and the level it has: « ? » when it cannot be read, which is said; « - » when it is no CDA.
CORPS_RECUS: dict[str, tuple[str, str]] = {
    "ordinaire": (UTILE, "N1"),
    "echappe": ("\\X0D0A\\".join(UTILE[i : i + 76] for i in range(0, len(UTILE), 76)), "N1"),
    "echappe_en_deux": ("\\X0d\\\\X0a\\".join(UTILE[i : i + 60] for i in range(0, len(UTILE), 60)), "N1"),
    "a_la_ligne": ("\\.br\\".join(UTILE[i : i + 76] for i in range(0, len(UTILE), 76)), "N1"),
    "blancs": (" " + " ".join(UTILE[i : i + 76] for i in range(0, len(UTILE), 76)) + "\t", "N1"),
    "utf8_menteur": (b64(xml(titre="Résumé").encode("latin-1")), "N1"),
    "latin_menteur": (b64(xml("N3", "ISO-8859-1", "Résumé € œ").encode()), "N3"),
    "utf16_menteur": (b64(xml("N3", "UTF-16")), "N3"),
    "utf16": (b64(xml("N3", "UTF-16").encode("utf-16")), "N3"),
    "encodage_inconnu": (b64(xml(encodage="ANSI")), "N1"),
    "bom": (b64("\ufeff" + xml()), "N1"),
    "blanc_avant": (b64("\r\n " + xml()), "N1"),
    "controle": (b64(xml(titre="a\x0bb")), "N1"),
    "esperluette": (b64(xml(titre="R & D")), "N1"),
    "data": ("data:text/xml;base64," + UTILE, "N1"),
    "url": (b64(xml(titre="~~~???>>>")).replace("+", "-").replace("/", "_").rstrip("="), "N1"),
    "gzip": (b64(gzip.compress(xml("N3").encode())), "N3"),
    "double": (b64(UTILE), "N1"),
    "presentable": (
        b64('<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform">' + xml("N3").split("?>")[1] + "</xsl:stylesheet>"), "N3",
    ),
    "pdf": (b64("%PDF-1.4"), "-"),
    "texte": (b64("Compte rendu"), "-"),
    "vide": ("", "?"),
    "tronque": (UTILE[:100], "?"),
    "abime": (UTILE[:40] + "!!!!" + UTILE[43:80], "?"),
    "dtd": (b64('<!DOCTYPE a [<!ENTITY b "c">]>' + xml().split("?>")[1]), "?"),
    "sans_espace_de_noms": (b64(xml().replace(' xmlns="urn:hl7-org:v3"', "")), "?"),
    "sans_niveau": (b64(xml().replace("nonXMLBody", "autre")), "?"),
    "gzip_tronque": (b64(gzip.compress(xml().encode())[:40]), "?"),
    "texte_non_dit": (xml("N3").replace("&", "\\T\\"), "N3"),
    "hexa_non_dit": (xml("N3").encode().hex(), "N3"),
    "hexa_coupe": (xml("N3").encode().hex()[:-1], "N3"),
    "xdm": (b64(archive(INDEX="<html/>", IHE_XDM__METADATA="<a>ClinicalDocument</a>", IHE_XDM__DOC=xml("N3"))), "N3"),
    "archive_sans_cda": (b64(archive(A="<a/>")), "?"),
    "archive_tronquee": (b64(archive(A=xml())[:150]), "?"),
    "octets": (b64(bytes(range(256)) * 2), "?"),
    "octets_sans_controle": (b64(bytes(range(128, 256)) * 2), "?"),
    "debut_perdu": (b64(xml())[7:], "?"),
    "rtf": (b64("{\\rtf1 Compte rendu}"), "-"),
    "image": (b64(b"\x89PNG\r\n\x1a\n\x00\x00"), "-"),
}  # fmt: skip

SCENARIOS |= {
    f"{HORLOGES}/dpi/hl7/a.hl7": "".join(
        [
            document("MDM^T02", f"{JOUR}100030+0200", cda("1.1"), "1.1", numero="1"),
            zam("Z01", f"{JOUR}080145+0000", "1", "Y"),
            document("MDM^T02", f"{JOUR}100030", cda("1.2", lot="2"), "1.2", numero="2"),
            zam("Z01", f"{JOUR}080145Z", "2", "Y"),
            document("MDM^T02", f"{JOUR}100030", cda("1.3", lot="3"), "1.3", numero="3"),
            zam("Z01", f"{JOUR}1000", "3", "Y"),
            document("MDM^T02", f"{JOUR}100030", cda("1.4", lot="4"), "1.4", numero="4"),
            zam("Z01", JOUR, "4", "Y"),
            document("MDM^T02", f"{JOUR}100030", cda("1.5", lot="5"), "1.5", numero="5"),
            zam("Z01", "20230614100031", "5", "Y"),
            # Older by more than the tolerance.
            document("MDM^T02", f"{JOUR}100030", cda("1.6", lot="6"), "1.6", numero="6"),
            zam("Z01", "20230614100000", "6", "Y"),
            # A number used again: the nearest in time, before or after.
            document("MDM^T02", "20230601100000", cda("1.7", lot="7"), "1.7", numero="7"),
            document("MDM^T02", "20230610100000", cda("1.8", lot="8"), "1.8", numero="7"),
            zam("Z01", "20230610095955", "7", "N", erreur="E"),
            document("MDM^T02", "20230601100000", cda("1.9", lot="9"), "1.9", numero="9"),
            document("MDM^T02", "20230601100500", cda("1.10", lot="10"), "1.10", numero="9"),
            zam("Z01", "20230601100030", "9", "Y"),
            # The platform tries for days.
            document("MDM^T02", "20230601000000+0000", cda("1.11", lot="11"), "1.11", numero="11"),
            zam("Z01", "20230606100000", "11", "Y"),
            # A clock that is no clock; a sender that is another.
            document("MDM^T02", f"{JOUR}100030", cda("1.12", lot="12"), "1.12", numero="12"),
            zam("Z01", f"{JOUR}100030+9900", "12", "Y"),
            zam("Z01", f"{JOUR}100030", "12", "Y", emetteur="RIS"),
        ]
    ),
    f"{OUTREMER}/gam/hl7/a.hl7": mouvement("A01", "20230101080000+0000", "1", effet="20230601080000+0100"),
    f"{STATUTS}/gam/hl7/a.hl7": "".join(
        adt("A31", f"202301{rang:02d}", pid(ipp, ins(INS_1), statut=statut))
        for ipp, (statuts, _) in SUITES.items()
        for rang, statut in enumerate(statuts, start=1)
    )
    # The INS is taken back, PID-32 silent: by A47, by an empty repetition; and what is said of another identifier.
    + "".join(
        adt("A31", "20230101", pid(ipp, ins(INS_1))) + adt(evenement, "20230102", pid(ipp, *autres, statut=""), *suite)
        for ipp, (evenement, autres, suite, _) in RETRAITS.items()
    ),
    f"{VIES}/gam/hl7/a.hl7": "".join(
        [
            # A circle of four, dated to the day.
            *(venue_de(f"R{n}", "20230101", f"VR{n}") for n in range(4)),
            *(fusion("20230102", f"R{n}", f"R{(n + 1) % 4}") for n in range(4)),
            # An identifier changed twice, then merged; a late message names the first.
            venue_de("N1", "20230101", "VN1"),
            fusion("20230102", "N1", "N2", "A47"),
            venue_de("N2", "20230103", "VN2"),
            fusion("20230104", "N2", "N3", "A47"),
            fusion("20230105", "N3", "N4"),
            venue_de("N1", "20230106", "VN4"),
            # A47 of the INS: the IPP stays.
            venue_de("INS", "20230101", "VINS"),
            adt("A47", "20230102", pid("INS", ins(INS_2)), f"MRG|{ins(INS_1)}"),
            # Undone: the identity is created again, one of its two dossiers goes back, then it is merged for good.
            venue_de("U1", "20230101", "VU1"),
            venue_de("U1", "20230101", "VU2"),
            fusion("20230102", "U1", "U2"),
            adt("A28", "20230103", pid("U1")),
            adt("A44", "20230104", pid("U1", nda="VU1"), "MRG|U2^^^GAM&1&M^PI||VU1"),
            venue_de("U1", "20230105", "VU3"),
            # The dossier is named in MRG-3 only.
            venue_de("U2", "20230101", "VU4"),
            adt("A44", "20230106", pid("U1"), "MRG|U2^^^GAM&1&M^PI||VU4"),
            # Created again, then absorbed again by another.
            venue_de("X1", "20230101", "VX1"),
            fusion("20230102", "X1", "X2"),
            adt("A28", "20230103", pid("X1")),
            venue_de("X1", "20230104", "VX2"),
            fusion("20230105", "X1", "X3"),
            # Absorbed twice: the last says by whom.
            venue_de("Y1", "20230101", "VY1"),
            fusion("20230102", "Y1", "Y2"),
            fusion("20230103", "Y1", "Y3"),
            # Several identities in one message: repetitions and segments of one group, then groups.
            *(venue_de(f"G{n}", "20230101", f"VG{n}") for n in range(5)),
            adt("A40", "20230102", pid("G"), f"MRG|{ins(INS_1)}~G0^^^GAM&1&M^PI~G1^^^GAM&1&M^PI", "MRG|G2"),
            adt("A40", "20230102", pid("H"), "MRG|G3^^^GAM&1&M^PI", pid("I"), "MRG|G4^^^GAM&1&M^PI"),
            # A dossier that takes another number, a venue by its number: PV1-19, MRG-5, alone or in a dossier.
            venue_de("K", "20230101", "VK1"),
            adt("A44", "20230102", pid("L", nda="NEUF"), "MRG|K^^^GAM&1&M^PI||VK1"),
            *(venue_de("K", "20230101", f"VK{n}").replace(f"|VK{n}^^^GAM&1&M^AN", "|DK^^^GAM&1&M^AN") for n in (2, 3, 4, 5)),
            adt("A44", "20230102", pid("L"), "MRG|K^^^GAM&1&M^PI||||VK2"),
            adt("A45", "20230102", pid("L", nda="DK"), "MRG|K^^^GAM&1&M^PI||||VK3", pv1(venue="")),
            adt("A45", "20230102", pid("L", nda="DK"), "MRG|K^^^GAM&1&M^PI||DK", pv1(venue="VK4")),
        ]
    ),
    f"{VIES}/dpi/hl7/a.hl7": "".join(
        document("MDM^T02", f"2023010{jour}12", cda(f"1.{n}", lot=str(n)), f"1.{n}", patient=pid("U1"), venue=pv1("I", venue))
        for n, (jour, venue) in enumerate([(1, "VU1"), (1, "VU2"), (5, "VU3")])
    ),
    f"{SEANCES}/gam/unites_fonctionnelles_20230101.csv": UNITES,
    f"{SEANCES}/gam/hl7/a.hl7": "".join(
        [
            *(
                seance(evenement, f"202306{jour:02d}{heure}", "D1", f"{jour}{evenement}")
                for jour in (5, 7, 9)
                for evenement, heure in (("A01", "10"), ("A03", "18"))
            ),
            # Without ZBE; the last admission is cancelled; the exit of a séance before the archive.
            *(seance("A04", f"202306{jour:02d}10", "D2", discipline="797") for jour in (5, 7, 9)),
            seance("A11", "2023060911", "D2", discipline="797"),
            seance("A03", "2023060418", "D3", "0"),
            seance("A01", "2023060510", "D3", "1"),
            # By its unit, or its mode of treatment; the unit is not repeated at the exit.
            seance("A01", "2023060510", "D4", "1", "I"),
            seance("A03", "2023060518", "D4", "2", "I", ""),
            seance("A01", "2023060710", "D4", "3", "I"),
            seance("A03", "2023060718", "D4", "4", "I", ""),
            seance("A01", "2023060510", "D5", "1", "I", "", traitement="19"),
            seance("A01", "2023060710", "D5", "2", "I", "", traitement="19").replace(
                "PV1|", "ROL||AD|RP|LOCAL7\rZFA|ACTIF|20230607\rPV1|"
            ),
            # A stay without venue number is one.
            seance("A01", "2023060510", "D6", "1", "I", ""),
            seance("A02", "2023060610", "D6", "2", "I", "U2"),
        ]
    ),
    f"{SEANCES}/dpi/hl7/a.hl7": document(
        "MDM^T02", "2023060712", cda("1.1"), "1.1", patient=pid("P1", nda="D1"), venue=pv1("R", "")
    ),
    f"{NUMEROS}/gam/unites_fonctionnelles_20230101.csv": UNITES,
    f"{NUMEROS}/gam/hl7/a.hl7": "".join(
        [
            # Same number, other domains: by name, by OID.
            mouvement("A01", "2023010108", "1", "VNOM"),
            mouvement("A03", "2023010508", "1", "VNOM").replace("ZBE|1^GAM", "ZBE|1^DPI"),
            mouvement("A01", "2023010108", "1", "VOID").replace("ZBE|1^GAM", "ZBE|1^^1.2.3^ISO"),
            mouvement("A03", "2023010508", "1", "VOID").replace("ZBE|1^GAM", "ZBE|1^^1.2.4^ISO"),
            # Numbers that name nothing: the last transfer, the last two, a number sent twice, the exit, one admission of two.
            *(
                mouvement(e, f"2023010{n}08", str(n), v, uf=f"U{n}")
                for v in ("V1", "V2", "V3")
                for n, e in ((1, "A01"), (2, "A02"), (3, "A02"))
            ),
            mouvement("A12", "2023010408", "8", "V1", "CANCEL", "A02", uf="U2"),
            mouvement("A12", "2023010408", "8", "V2", "CANCEL", "A02", uf="U2"),
            mouvement("A12", "2023010409", "9", "V2", "CANCEL", "A02", uf="U1"),
            mouvement("A12", "2023010408", "8", "V3", "CANCEL", "A02", uf="U2"),
            mouvement("A12", "2023010409", "8", "V3", "CANCEL", "A02", uf="U2"),
            # Cancelled, then moved again, then cancelled by its number.
            mouvement("A01", "2023010108", "1", "V4", uf="U1"),
            mouvement("A02", "2023010208", "2", "V4", uf="U2"),
            mouvement("A12", "2023010308", "8", "V4", "CANCEL", "A02", uf="U1"),
            mouvement("A02", "2023010408", "3", "V4", uf="U3"),
            mouvement("A02", "2023010508", "4", "V4", uf="U2"),
            mouvement("A12", "2023010608", "4", "V4", "CANCEL", "A02", uf="U3"),
            mouvement("A01", "2023010108", "1", "V5"),
            mouvement("A01", "2023010109", "2", "V5"),
            mouvement("A11", "2023010110", "9", "V5", "CANCEL"),
            mouvement("A01", "2023010108", "1", "V6"),
            mouvement("A03", "2023010208", "2", "V6"),
            mouvement("A03", "2023010308", "3", "V6"),
            mouvement("A13", "2023010408", "9", "V6", "CANCEL"),
            # Z99 changes unit and class of the admission, after a transfer.
            mouvement("A04", "2023010105", "1", "VHMC", classe="E"),
            mouvement("A02", "2023010106", "2", "VHMC", classe="E"),
            mouvement("Z99", "2023010308", "1", "VHMC", "UPDATE", "A04", classe="I", effet="2023010105", nature_mouvement="hMC"),
        ]
    ),
    f"{MILIEU}/gam/hl7/a.hl7": "".join(
        [
            mouvement("A02", "20230102", "2", "V1"),
            mouvement("A03", "20230103", "3", "V1"),
            mouvement("A06", "20230102", "2", "V2"),
            mouvement("A05", "20230101", "1", "V3"),
            mouvement("A21", "20230102", "2", "V3"),
            mouvement("A54", "20230102", "2", "V4"),
            # Its admission is elsewhere, or was cancelled.
            mouvement("A02", "20230102", "2", "V5"),
            mouvement("A02", "20230103", "3", "V5", admission="20230101"),
            mouvement("A01", "20230101", "1", "V6"),
            mouvement("A02", "20230102", "2", "V6"),
            mouvement("A11", "20230103", "1", "V6", "CANCEL"),
        ]
    ),
    f"{BIOLOGIE}/dpi/hl7/a.hl7": "".join(
        document(
            "ORU^R01", quand, cda(f"1.{n}", lot="9", parent=parent), orc=orc, obx_11=action, profil=profil, type_code="11502-2"
        )
        for n, quand, parent, orc, action, profil in [
            (1, "20230101", None, "SC", "F", "2.0^CISIS_CDA_HL7_V2"),
            (2, "20230102", "1.1", "SC", "C", "2.0^CISIS_CDA_HL7_V2"),
            (2, "20230103", None, "SC", "D", "2.1^CISIS_CDA_HL7_V2"),
            (3, "20230104", None, "SC", "", "2.0^CISIS_CDA_HL7_V2"),
        ]
    )
    + document("MDM^T02", "20230105", cda("1.4", lot="4"), "1.4", orc="SC", profil="2.0^CISIS_CDA_HL7_V2"),
    f"{SITES}/gam/hl7/a.hl7": "".join(
        mouvement("A01", "20230101", "1", f"V{n}").replace("^^^&010000001&M", lieu).replace("PV1||", f"{role}PV1||")
        for n, (lieu, role) in enumerate(
            [
                ("4036^22^3^930000099", f"ROL||AD|ODRP|{RPPS}^A^B^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^RPPS\r"),
                ("4036^^^2A0000154&010000001&M", f"ROL||AD|ODRP|{RPPS}^A^B^^^^^^ASIP-SANTE- PS^D\r"),
                ("4036^^^CHX&2B0000020&ISO", f"ROL||AD|ODRP|{RPPS}^A^B^^^^^^&1.2.250.1.71.4.2.1^D^^^IDNPS\r"),
                ("4036^^^CHX&1.2.3&ISO", f"ROL||AD|ODRP|{RPPS}^A^B^^^^^^CHX^D^^^EI\r"),
                ("4036^^^1930000099&1.2.3&ISO", f"ROL||AD|ODRP|{RPPS}^A^B\r"),
                ("4036^^^2930000099&1.2.3&ISO", f"ROL||AD|ODRP|{RPPS}^A^B^^^^^^CHX\r"),
            ]
        )
    ),
    f"{SITES}/dpi/hl7/a.hl7": document(
        "MDM^T02",
        "20230101",
        "QQ==",
        "1.1",
        numero="1",
        rct=(f"{RPPS}^A^B^^^^^^^^^^RPPS dr@x.mssante.fr",),
        destinations="DESTMSSANTEPS",
    )
    + zam("Z02", "20230102", "1", "Y", "autre@x.mssante.fr").replace(
        "AckMetierZAM||^^X.400^autre@x.mssante.fr", f"AckMetierZAM|{RPPS}|"
    ),
    f"{NAISSANCES}/gam/hl7/a.hl7": "".join(
        mouvement("A01", "20230101", "1", f"V{n}").replace("P1^^^", f"P{n}^^^").replace("19500102", naissance)
        for n, naissance in enumerate(
            ["1948", "194806", "19480000", "19480600", "2199", "194813", "0026", "19480230", "22000101", "1948-06-15"]
        )
    )
    # The date once known stays.
    + adt("A31", "20230102", pid("CONNU"))
    + adt("A31", "20230103", pid("CONNU", naissance="1950", statut="PROV")),
    f"{SAUTS}/gam/hl7/cr.hl7": "".join(
        adt("A28", "20230101", pid(f"CR{n}", ins(INS_1), sexe="M").replace("||||||||||", f"|||{adresse}|||||||", 1))
        for n, adresse in enumerate(["1 RUE\nBAT B^^PARIS", "1 RUE\nBAT", "1 RUE\n\nPID CEDEX^\nX", "ZAC\n"])
    ),
    f"{SAUTS}/gam/hl7/crlf.hl7": adt(
        "A28", "20230101", pid("CRLF", ins(INS_1), sexe="M").replace("||||||||||", "|||1 RUE\nBAT|||||||", 1)
    ).replace("\r", "\r\n"),
    f"{SAUTS}/gam/hl7/lf.hl7": adt(
        "A28", "20230101", pid("LF", ins(INS_1), sexe="M").replace("||||||||||", "|||1 RUE\rBAT B^^PARIS|||||||", 1)
    ).replace("\r", "\n"),
    # What is said of the encoding and is not so.
    f"{SAUTS}/gam/hl7/jeux.hl7": adt("A28", "20230101", pid("É1", ins(INS_1), sexe="M"))
    .replace("UNICODE UTF-8", "8859/1")
    .encode()
    + adt("A28", "20230101", pid("É2", ins(INS_1), sexe="M")).encode("latin-1")
    + adt("A28", "20230101", pid("É3", ins(INS_1), sexe="M")).replace("UNICODE UTF-8", "8859/15").encode("latin-1"),
    # Messages parted by LF, a segment ended by it, another form in the same file.
    f"{SAUTS}/gam/hl7/melange.hl7": adt("A28", "20230101", pid("M1", ins(INS_1), sexe="M")).strip()
    + "\n"
    + adt("A28", "20230101", pid("M2", ins(INS_1), sexe="M")).replace("\rPID", "\nPID")
    + adt("A28", "20230101", pid("M3", ins(INS_1), sexe="M")).replace("\r", "\n")
    + "\x0b"
    + adt("A28", "20230101", pid("M4", ins(INS_1), sexe="M"))
    + "\n\x1c\r",
    f"{PLUSIEURS}/dpi/hl7/a.hl7": "".join(
        [
            # Two orders; each with its N1 and its N3, and its own action.
            oru(("NW", [("11502-2", "F", cda("1.1", lot="1"))]), ("NW", [("60568-3", "F", cda("1.2", lot="2"))])),
            oru(
                ("NW", [("11502-2", "F", cda("1.3", "N3", lot="3")), ("11502-2", "F", cda("1.4", "N1", lot="3"))]),
                ("RO", [("11502-2", "C", cda("1.5", "N1", lot="5")), ("11502-2", "C", cda("1.6", "N3", lot="5"))]),
            ),
            # Under one order: two codes; two of one level; a PDF beside its CDA.
            oru(("NW", [("11502-2", "F", cda("1.7", lot="7")), ("18748-4", "F", cda("1.8", lot="8"))])),
            oru(("NW", [("11502-2", "F", cda("1.9", lot="9")), ("11502-2", "F", cda("1.10", lot="10"))])),
            oru(("NW", [("11502-2", "F", cda("1.11", lot="11")), ("11502-2", "F", b64("%PDF-1.4"))])),
            # The second has no name: it is told.
            oru(("NW", [("11502-2", "F", cda("1.12", lot="12"))]), ("NW", [("11502-2", "F", "PENsaW5p")])),
            # Actions that contradict each other under one order.
            oru(("SC", [("11502-2", "F", cda("1.13", lot="13")), ("11502-2", "C", cda("1.14", "N3", lot="13"))])),
            # TXA names the first document of a MDM.
            document("MDM^T02", "20230101", cda("1.15", lot="15"), "T.15")
            + f"OBX|9|ED|34112-3^x^LN||^text^XML^Base64^{cda('1.16', lot='16')}||||||F|\r",
        ]
    ),
    f"{CORPS}/dpi/hl7/a.hl7": "".join(document("MDM^T02", "20230101", corps, nom) for nom, (corps, _) in CORPS_RECUS.items())
    + document("MDM^T02", "20230101", xml("N3").replace("&", "\\T\\").encode().hex(), "hexa").replace("^Base64^", "^Hex^", 1)
    + document("MDM^T02", "20230101", xml("N3"), "clair").replace("^Base64^", "^A^", 1)
    + document("MDM^T02", "20230101", UTILE, "minuscules", orc="nw", obx_11="f").replace("|ED|", "|ed|")
    + document("MDM^T02", "20230101", "", "absent").replace("||^text^XML^Base64^||||||F|", "")
    + document("MDM^T04", "20230102", "", "ordinaire", orc="CA", obx_11="D"),
    **{
        f"{ej}/{flux}_202306{jour}.csv": contenu
        for ej, jours in ((DEPLACES, ("10", "10")), (ENCORE_CONNUS, ("10", "20")))
        for jour in sorted(set(jours))
        for flux, contenu in {
            "gam/patients": "ipp;statut_identite;identite_douteuse;identite_fictive;date_naissance\nA;PROVISOIRE;non;non;1950-01-02\nB;VALIDEE;non;non;1950-01-02\n",
            "gam/venues": "iep;ipp;finess_geo;champ;mode_hospitalisation;numero_sejour;date_entree;date_sortie\n"
            + "".join(f"V{n};A;010000001;MCO;COMPLETE;D{n};2023-06-01;2023-06-05\n" for n in (1, 2)),
            "gam/statuts_dmp": "ipp;date_constat;statut_dmp;opposition_alimentation\nA;2023-06-01;ACTIF;non\nB;2023-06-01;FERME;non\n",
            "dpi/documents": "document_id;set_id;version;ipp;iep;type_code;numerise;ins_qualifiee;entete_structuree;consultable_services;date_creation;non_transmission\n"
            "1;1;1;A;V1;11490-0;non;oui;oui;oui;2023-06-05;non\n",
            "dpi/transmissions_mss": "message_id;ipp;canal;adresse_destinataire;date_envoi;statut\nM;A;PRO;d@x.mssante.fr;2023-06-05;REUSSI\n",
            "dpi/consultations_dmp": "transaction_id;transaction;utilisateur_id;ipp;date_transaction;statut\nT;TD3.1;U;A;2023-06-01;REUSSI\n",
            "pmsi/mco/vidhosp": "\n".join(vidhosp(f"D{n}", "A").replace("010000001", ej) for n in (1, 2)) + "\n",
            "dpi/rendez_vous": "rdv_id;type_rdv;ipp;date_realisation;programme;outil_planification\nR;ACE;A;2023-06-01;oui;oui\n",
        }.items()
    },
    f"{DEPLACES}/gam/hl7/a.hl7": fusion("20230615", "A", "B") + adt("A44", "20230616", pid("C", nda="D2"), "MRG|B||D2"),
    f"{ENCORE_CONNUS}/gam/hl7/a.hl7": fusion("20230615", "A", "B"),
}

VENUES_CSV = (
    "iep;ipp;finess_geo;champ;mode_hospitalisation;date_entree;date_sortie;facturation_ace;consultation_medicale;nb_seances\n"
)
SCENARIOS |= {
    # V1: the message is older than the table. V2: it is of the table's day, and wins but for what it never says.
    # V3: the table alone. V4: cancelled after the table. V5: cancelled before it.
    f"{MELANGE}/gam/venues_20230110.csv": VENUES_CSV
    + "".join(f"V{n};T;010000001;EXTERNE;;2022-12-01 10:00:00;;true;false;2\n" for n in range(1, 6)),
    f"{MELANGE}/gam/hl7/a.hl7": mouvement("A04", "20230109235959", "1", "V1", classe="E")
    + mouvement("A04", "20230110000000", "1", "V2", classe="O")
    + mouvement("A04", "20230111", "1", "V4", classe="O")
    + mouvement("A11", "20230112", "1", "V4", "CANCEL", classe="O")
    + mouvement("A04", "20230108", "1", "V5", classe="O")
    + mouvement("A11", "20230109", "1", "V5", "CANCEL", classe="O")
    + mouvement("A04", "20230111", "1", "V6", classe="E"),
}


def entrepot_hl7(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scenarios, and in an establishment of its own the altered messages of test_hl7_alterations: one build."""
    from test_hl7_alterations import fichiers_abimes, fichiers_alteres

    def faire(dossier: Path) -> None:
        fichiers = SCENARIOS | fichiers_alteres() | fichiers_abimes()
        exports = ecrire_zone(dossier / "exports", fichiers, tuple(sorted({nom.split("/")[0] for nom in fichiers})))
        etablissements = exports / "etablissements.csv"
        entete, *lignes_csv = etablissements.read_text(encoding="utf-8").splitlines()
        fuseaux = [f"{ligne};{'Indian/Reunion' if ligne.startswith(OUTREMER) else ''}" for ligne in lignes_csv]
        etablissements.write_text("\n".join([f"{entete};fuseau", *fuseaux]) + "\n", encoding="utf-8")
        construire(exports, dossier / "sortie")

    return une_fois(tmp_path_factory, "hl7", faire) / "sortie" / "entrepot.duckdb"


@pytest.fixture(scope="session")
def entrepot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return entrepot_hl7(tmp_path_factory)


def lignes(entrepot: Path, table: str, colonnes: str, ej: str, ordre: str = "all") -> list[tuple]:
    return lire(entrepot, f"select {colonnes} from staging.stg_{table} where finess_ej = '{ej}' order by {ordre}")


def test_identites(entrepot: Path) -> None:
    colonnes = "ipp, ins_matricule, ins_oid, statut_identite, identite_douteuse, identite_fictive, sexe"
    assert {r[0]: r[1:] for r in lignes(entrepot, "gam__patients", colonnes, IDENTITES)} == {
        "PROV": (None, None, "PROVISOIRE", False, False, "F"),
        "QUAL": (INS_1, NIR, "QUALIFIEE", False, False, "M"),
        "NIA": (INS_2, NIA, "QUALIFIEE", False, False, "F"),
        "VALI": (None, None, "VALIDEE", False, False, "F"),
        "NH": (None, None, "VALIDEE", False, False, "F"),
        "INSC": (None, None, "VALIDEE", False, False, "F"),
        "COURT": (None, None, "VALIDEE", False, False, "F"),
        "TEST": (None, None, "VALIDEE", False, False, "F"),
        "ATTRIBUTS": (None, None, "VALIDEE", True, True, "I"),
        "MUET": (None, None, "PROVISOIRE", False, False, "F"),
        "RETRAIT": (None, None, "VALIDEE", False, False, "F"),
        "RECUL": (None, None, "PROVISOIRE", False, False, "F"),
        "RESTE": (INS_1, NIR, "QUALIFIEE", False, False, "F"),
        "ANCIEN": (None, None, "VALIDEE", False, False, "F"),
    }
    naissances = dict(lignes(entrepot, "gam__patients", "ipp, date_naissance", IDENTITES))
    assert (naissances["VALI"], naissances["RESTE"]) == (date(1950, 1, 2), date(1950, 1, 3))


def test_fusions(entrepot: Path) -> None:
    assert [r[0] for r in lignes(entrepot, "gam__patients", "ipp", FUSIONS)] == ["C", "D2", "P1", "Y"]
    assert lignes(entrepot, "gam__venues", "iep, ipp", FUSIONS) == [("VA", "C"), ("VB", "C"), ("VC", "C"), ("VD", "D2")]


def test_venues(entrepot: Path) -> None:
    colonnes = "iep, date_entree, date_sortie, uf, mode_sortie, numero_sejour, finess_geo"
    assert {r[0]: r[1:] for r in lignes(entrepot, "gam__venues", colonnes, VENUES)} == {
        "V1": (datetime(2023, 1, 1, 8), datetime(2023, 1, 4, 18), "U2", "DOMICILE", None, "010000001"),
        "N1": (datetime(2023, 1, 1, 8), datetime(2023, 1, 3, 8), None, None, None, "010000001"),
        "N2": (datetime(2023, 1, 1, 8), datetime(2023, 1, 2, 12), None, None, None, "010000001"),
        "VMILIEU": (datetime(2023, 1, 1, 10), datetime(2023, 1, 4, 8), None, None, None, "010000001"),
        "VCORRIGE": (datetime(2023, 1, 1, 8), datetime(2023, 1, 3, 8), None, None, None, "010000001"),
        "VDOSSIER": (datetime(2023, 1, 1, 8), None, None, None, "PSY1", "010000001"),
    }


def test_annulations(entrepot: Path) -> None:
    assert {r[0]: r[1:] for r in lignes(entrepot, "gam__venues", "iep, date_entree, date_sortie, uf", ANNULATIONS)} == {
        "VREADMISE": (datetime(2023, 1, 1, 10), None, None),
        "VDEUX": (datetime(2023, 1, 1, 8), None, None),
        "VSORTIE": (datetime(2023, 1, 1, 8), None, None),
        "VRESSORTIE": (datetime(2023, 1, 1, 8), datetime(2023, 1, 4, 8), None),
        "VMUTEE": (datetime(2023, 1, 1, 8), None, "U1"),
        "N2": (datetime(2023, 1, 1, 8), None, None),
    }


def test_classes(entrepot: Path) -> None:
    colonnes = "iep, champ, mode_hospitalisation, date_entree, date_sortie, mode_sortie, consultation_medicale"
    soir, nuit, matin = datetime(2023, 1, 1, 20), datetime(2023, 1, 2, 1), datetime(2023, 1, 1, 8)
    assert {r[0]: r[1:] for r in lignes(entrepot, "gam__venues", colonnes, CLASSES)} == {
        "VURGENCES": ("URGENCES", None, soir, datetime(2023, 1, 1, 23), None, None),
        "VMEME": ("MCO", "COMPLETE", soir, None, None, None),
        "VPASSAGE": ("URGENCES", None, soir, nuit, "MUTATION", None),
        "VSEJOUR": ("MCO", "COMPLETE", nuit, None, None, None),
        "VRETOUR": ("URGENCES", None, soir, None, None, None),
        "VEXTERNE": ("EXTERNE", None, matin, None, None, None),
        "VSTATUT": ("EXTERNE", None, matin, None, None, None),
        "VTARD": ("MCO", "COMPLETE", datetime(2023, 1, 1, 19), None, None, None),
        "VRETROCESSION": ("EXTERNE", None, matin, None, None, False),
        "VTELE": ("EXTERNE", None, matin, None, None, False),
    }


def test_champs(entrepot: Path) -> None:
    assert {r[0]: r[1:] for r in lignes(entrepot, "gam__venues", "iep, champ, mode_hospitalisation, type_seance", CHAMPS)} == {
        "RIEN": ("MCO", "COMPLETE", None),
        "UNITE": ("PSY", "COMPLETE", None),
        "UNITE_EXTERNE": ("MCO", "COMPLETE", None),
        "HAD": ("HAD", "COMPLETE", None),
        "JOUR": ("MCO", "PARTIELLE", None),
        "SMR": ("SMR", "COMPLETE", None),
        "PSY": ("PSY", "COMPLETE", None),
        "ZFS": ("PSY", "COMPLETE", None),
        "DIALYSE": ("MCO", "SEANCE", "DIALYSE"),
        "CHIMIO": ("MCO", "SEANCE", "CHIMIOTHERAPIE"),
        "RADIO": ("MCO", "SEANCE", "RADIOTHERAPIE"),
        "CURE": ("MCO", "SEANCE", "AUTRE"),
    }
    assert lire(entrepot, f"select motif, colonne from qualite.rejets where finess_ej = '{CHAMPS}'") == [("HORS_CHAMP", "PV1-10")]


def test_statuts_dmp(entrepot: Path) -> None:
    colonnes = "date_constat, statut_dmp, opposition_alimentation, consentement_consultation, information_delivree, iep"
    assert lignes(entrepot, "gam__statuts_dmp", colonnes, DMP) == [
        (datetime(2023, 1, 1, 7), "ACTIF", False, True, True, "V1"),
        (datetime(2023, 1, 2, 7), "ACTIF", False, False, True, "V2"),
        # The opposition is dated later than the test.
        (datetime(2023, 1, 3, 7), "ACTIF", True, None, True, "V3"),
        # A bare test of existence informs nobody.
        (datetime(2023, 1, 4, 7), "FERME", False, None, None, "V4"),
        (datetime(2023, 1, 5, 8), "INEXISTANT", False, None, None, "V5"),
        (datetime(2023, 1, 7, 7), "ACTIF", False, None, True, "V7"),
        (datetime(2023, 1, 8, 7), "ACTIF", False, False, True, "V8"),
        (datetime(2023, 1, 9, 7), "ACTIF", False, True, True, "V9"),
    ]


def test_correspondants(entrepot: Path) -> None:
    assert lignes(entrepot, "gam__venues_correspondants", "iep, correspondant_id, role, source", CORRESPONDANTS) == [
        ("V1", "10000000002", "MEDECIN_TRAITANT", "HL7"),
        ("V1", "10000000003", "AUTRE", "HL7"),
        ("V1", "LOCAL7", "ADRESSEUR", "HL7"),
    ]


def test_formes(entrepot: Path) -> None:
    assert {r[0] for r in lignes(entrepot, "gam__patients", "ipp", FORMES)} == {
        "MLLP", "MLLP2", "CRLF", "LF", "LF2", "LOT", "É1", "É2", "É3", "SEP|ARE^~", "a|b^c~d\\e&fAégéhij k", "|tube\\", "impair\\", "r1",
    }  # fmt: skip
    assert lire(entrepot, f"select * from qualite.rejets where finess_ej = '{FORMES}'") == []


def test_rejets(entrepot: Path) -> None:
    trouves = lire(entrepot, f"select ligne, motif, colonne from qualite.rejets where finess_ej = '{REJETS}' order by ligne")
    assert trouves == [(rang, motif, colonne) for rang, (_, motif, colonne) in enumerate(REFUS, start=1)]
    assert ("BON",) in lignes(entrepot, "gam__patients", "ipp", REJETS)
    assert lignes(entrepot, "gam__venues", "iep, cast(date_sortie as varchar)", REJETS) == [
        ("AVANT", None),
        ("MEME_JOUR", "2023-01-01 00:00:00"),
    ]
    # No value but the type of a message leaves it; MSH-10 names the message.
    valeurs = lire(
        entrepot, f"select distinct valeur from qualite.rejets where finess_ej = '{REJETS}' and valeur is not null order by 1"
    )
    assert valeurs == [("ADT^A60",), ("MDM^T02",)]
    assert lire(entrepot, f"select message_id is not null from qualite.rejets where finess_ej = '{REJETS}' and motif = 'TYPE_NON_TRAITE'") == [
        (True,), (True,),
    ]  # fmt: skip


def test_rejets_dpi(entrepot: Path) -> None:
    trouves = lire(entrepot, f"select ligne, motif, colonne from qualite.rejets where finess_ej = '{REJETS_DPI}' order by ligne")
    assert trouves == [(rang, motif, colonne) for rang, (_, motif, colonne) in enumerate(REFUS_DPI, start=1)]
    assert lignes(entrepot, "dpi__documents", "*", REJETS_DPI) == []


def test_doublons(entrepot: Path) -> None:
    comptes = "fichier, nb_lignes, nb_lues, nb_retenues, nb_remplacees, nb_rejetees"
    assert lire(entrepot, f"select {comptes} from qualite.fichiers where finess_ej = '{DOUBLONS}' order by 1") == [
        (f"{DOUBLONS}/gam/hl7/a.hl7", 3, 3, 2, 1, 0),
        (f"{DOUBLONS}/gam/hl7/b.hl7", 1, 1, 0, 1, 0),
    ]


def test_rien_ne_se_perd(entrepot: Path) -> None:
    faux = lire(
        entrepot,
        "select fichier from qualite.fichiers where nb_lignes <> nb_lues"
        " or nb_lues <> nb_retenues + nb_remplacees + nb_rejetees + nb_ignorees",
    )
    assert faux == []


def test_documents(entrepot: Path) -> None:
    colonnes = "document_id, set_id, ipp, iep, niveau_cda, ins_qualifiee, entete_structuree, correspondant_id"
    assert {r[0]: r[1:] for r in lignes(entrepot, "dpi__documents", colonnes, DOCUMENTS)} == {
        "1.1": ("1.9.1", "P1", "V1", "N1", True, True, "10000000005"),
        "1.2": ("1.9.2", "P1", "V1", "N1", False, True, "10000000001"),
        "1.3": ("1.9.3", "P1", "V1", "N1", False, True, None),
        "1.4": ("1.9.4", "P1", "V1", "N1", True, True, None),
        "1.5": ("1.9.5", "P1", "V1", "N1", False, True, None),
        "1.6": ("1.9.6", "P1", "V2", "N1", False, True, None),
        "1.7": ("1.9.7", "P1", "V1", "N1", False, True, None),
        "1.8^ext": ("1.8^ext", "P1", None, None, False, False, None),
        "1.10": ("1.10", "P1", "V1", None, False, False, None),
        "1.11": ("1.9.11", "P1", "V1", "N1", False, True, None),
        "1.13": ("1.9.13", "P1", "V1", "N3", False, True, "10000000001"),
        "1.14": ("1.9.14", "P1", "V1", "N1", False, True, None),
        "1.15": ("1.9.15", "P1", "V1", "N1", False, True, None),
        "1.16": ("1.9.16", "P1", "V1", "N1", False, True, None),
    }
    suite = "document_id, type_code, date_creation, producteur, modalite_imagerie, numerise, non_transmission"
    trouves = {r[0]: r[1:] for r in lignes(entrepot, "dpi__documents", suite, DOCUMENTS)}
    assert trouves["1.1"] == (LDL, datetime(2023, 1, 10), None, None, False, False)
    assert trouves["1.11"] == ("11502-2", datetime(2023, 1, 9), None, None, False, False)
    assert trouves["1.14"] == ("18748-4", datetime(2023, 1, 10), "INTERNE", "IRM", False, False)
    assert trouves["1.15"][2] == "SOUS_TRAITANT"
    assert dict(lignes(entrepot, "dpi__transmissions_dmp", "document_id, lot_id", DOCUMENTS))["1.16"] == "1.7^A + 1.7^B"


def test_chaines(entrepot: Path) -> None:
    assert {r[0]: r[1:] for r in lignes(entrepot, "dpi__documents", "document_id, set_id, version", CHAINES)} == {
        "2.1": ("2.9", 1), "2.2": ("2.9", 2),
        "3.1": ("3.1", 1), "3.2": ("3.1", 2), "3.3": ("3.1", 3),
        "4.1": ("4.9", 1), "4.2": ("4.9", 2),
        "5.1": ("5.1", 1), "5.4": ("5.1", 2),
        "6.1": ("6.2", 2), "6.2": ("6.1", 2),
    }  # fmt: skip
    envois = lignes(entrepot, "dpi__transmissions_dmp", "document_id, operation", CHAINES)
    assert [d for d, operation in envois if operation == "SUPPRESSION"] == ["2.2", "3.3", "5.1", "8.8"]
    assert [d for d, operation in envois if operation == "REMPLACEMENT"] == ["2.2", "3.2", "3.3", "4.2", "5.4", "6.1", "6.2"]


def test_retours(entrepot: Path) -> None:
    assert lignes(entrepot, "dpi__transmissions_dmp", "document_id, statut, code_erreur, date_envoi", RETOURS) == [
        ("1.1", "REUSSI", None, datetime(2023, 1, 1, 9)),
        ("1.2", "ECHEC", "DMPClosed", datetime(2023, 1, 1, 10)),
        ("1.3", "INCONNU", None, datetime(2023, 1, 1, 11)),
        ("1.4", "REUSSI", None, datetime(2023, 1, 1, 12)),
        ("1.5", "ECHEC", "203", datetime(2023, 1, 1, 13)),
        ("1.6", "REUSSI", None, datetime(2023, 1, 1, 14)),
        ("1.7", "INCONNU", None, datetime(2023, 1, 1, 15)),
    ]
    assert lignes(entrepot, "gam__statuts_dmp", "ipp, date_constat, statut_dmp, iep", RETOURS) == [
        ("P1", datetime(2023, 1, 1, 10, 1), "FERME", None),
    ]
    assert len(lignes(entrepot, "dpi__documents", "*", RETOURS)) == 8


def test_mss(entrepot: Path) -> None:
    colonnes = "document_id, canal, adresse_destinataire, correspondant_id, enveloppe_xdm, statut, code_erreur"
    assert lignes(entrepot, "dpi__transmissions_mss", colonnes, MSS) == [
        ("1.1", "CITOYENNE", None, None, None, "ECHEC", "511"),
        ("1.1", "PRO", "dr.a@chx.mssante.fr", "10000000001", True, "REUSSI", None),
        ("1.2", "PRO", "dr.a@chx.mssante.fr", "10000000001", True, "INCONNU", None),
        ("1.3", "CITOYENNE", None, None, None, "INCONNU", None),
    ]
    # The address of a patient holds the INS.
    assert INS_1 not in str(lignes(entrepot, "dpi__transmissions_mss", "*", MSS))


def test_le_dernier_gagne(entrepot: Path) -> None:
    colonnes = "iep, source, ipp, champ, date_entree, facturation_ace, consultation_medicale, nb_seances"
    decembre = datetime(2022, 12, 1, 10)
    assert lignes(entrepot, "gam__venues", colonnes, MELANGE) == [
        ("V1", "TABLE", "T", "EXTERNE", decembre, True, False, 2),
        ("V2", "HL7", "P1", "EXTERNE", datetime(2023, 1, 10), True, False, 2),
        ("V3", "TABLE", "T", "EXTERNE", decembre, True, False, 2),
        ("V5", "TABLE", "T", "EXTERNE", decembre, True, False, 2),
        ("V6", "HL7", "P1", "URGENCES", datetime(2023, 1, 11), None, None, None),
    ]
    comptes = lire(
        entrepot, f"select nb_lues, nb_retenues, nb_remplacees from qualite.fichiers where fichier like '{MELANGE}/gam/venues%'"
    )
    assert comptes == [(5, 3, 2)]


def refuses(entrepot: Path, ej: str) -> list[tuple]:
    return lire(
        entrepot, f"select fichier.split('/')[2], ligne, motif, colonne from qualite.rejets where finess_ej = '{ej}' order by all"
    )


def test_horloges(entrepot: Path) -> None:
    trouves = {r[0]: r[1:] for r in lignes(entrepot, "dpi__transmissions_dmp", "document_id, statut, date_envoi", HORLOGES)}
    reussis = {"1.1", "1.2", "1.3", "1.4", "1.5", "1.9", "1.11"}
    assert {d for d, (statut, _) in trouves.items() if statut == "REUSSI"} == reussis
    assert {d for d, (statut, _) in trouves.items() if statut == "ECHEC"} == {"1.8"}
    assert trouves["1.1"][1] == datetime(2023, 6, 15, 10, 0, 30)
    assert trouves["1.11"][1] == datetime(2023, 6, 1, 2)
    assert lignes(entrepot, "gam__venues", "date_entree", OUTREMER) == [(datetime(2023, 6, 1, 11),)]
    motifs = [r[2:] for r in refuses(entrepot, HORLOGES)]
    assert motifs == [("MESSAGE_INCONNU", "OBX-4"), ("TYPE_ILLISIBLE", "MSH-7"), ("MESSAGE_INCONNU", "OBX-4")]


def test_statuts_d_identite(entrepot: Path) -> None:
    colonnes = "ipp, statut_identite, ins_matricule is not null, identite_douteuse, identite_fictive"
    retraits = {ipp: ("VALIDEE" if retire else "QUALIFIEE", not retire, False, False) for ipp, (*_, retire) in RETRAITS.items()}
    assert {r[0]: r[1:] for r in lignes(entrepot, "gam__patients", colonnes, STATUTS)} == retraits | {
        ipp: attendu for ipp, (_, attendu) in SUITES.items()
    }


def test_vies_des_identites(entrepot: Path) -> None:
    assert dict(lignes(entrepot, "gam__venues", "iep, ipp", VIES)) == {
        **{f"VR{n}": "R0" for n in range(4)},
        "VN1": "N4", "VN2": "N4", "VN4": "N4", "VINS": "INS",
        "VU1": "U1", "VU2": "U2", "VU3": "U1", "VU4": "U1",
        "VX1": "X2", "VX2": "X3", "VY1": "Y3",
        "VG0": "G", "VG1": "G", "VG2": "G", "VG3": "H", "VG4": "I",
        "VK1": "L", "VK2": "L", "VK3": "L", "VK4": "L", "VK5": "K",
    }  # fmt: skip
    vivants = "G H INS K L N4 R0 U1 U2 X2 X3 Y2 Y3"
    assert " ".join(r[0] for r in lignes(entrepot, "gam__patients", "ipp", VIES)) == vivants
    assert lignes(entrepot, "dpi__documents", "document_id, ipp", VIES) == [("1.0", "U1"), ("1.1", "U2"), ("1.2", "U1")]


def test_seances_d_un_dossier(entrepot: Path) -> None:
    colonnes = "numero_sejour, type_seance, day(date_entree), hour(date_sortie)"
    assert lignes(entrepot, "gam__venues", colonnes, SEANCES) == [
        *(("D1", "RADIOTHERAPIE", jour, 18) for jour in (5, 7, 9)),
        *(("D2", "DIALYSE", jour, None) for jour in (5, 7)),
        ("D3", "RADIOTHERAPIE", 5, None),
        *(("D4", "RADIOTHERAPIE", jour, 18) for jour in (5, 7)),
        *(("D5", "AUTRE", jour, None) for jour in (5, 7)),
        (None, None, 5, None),
    ]
    assert [r[2:] for r in refuses(entrepot, SEANCES)] == [("ENTREE_INCONNUE", "PV1-44")]
    venue = [("D5/20230607100000",)]
    assert lignes(entrepot, "gam__venues_correspondants", "iep", SEANCES) == venue
    assert lignes(entrepot, "gam__statuts_dmp", "iep", SEANCES) == venue
    assert lignes(entrepot, "dpi__documents", "iep", SEANCES) == [("D1/20230607100000",)]


def test_numeros_de_mouvements(entrepot: Path) -> None:
    assert {r[0]: r[1:] for r in lignes(entrepot, "gam__venues", "iep, champ, uf, day(date_sortie), hour(date_entree)", NUMEROS)} == {
        "VNOM": ("MCO", None, 5, 8), "VOID": ("MCO", None, 5, 8),
        "V1": ("SMR", "U2", None, 8), "V2": ("MCO", "U1", None, 8), "V3": ("SMR", "U2", None, 8), "V4": ("PSY", "U3", None, 8),
        "V5": ("MCO", None, None, 8), "V6": ("MCO", None, 2, 8), "VHMC": ("MCO", None, None, 5),
    }  # fmt: skip


def test_archive_qui_commence_au_milieu(entrepot: Path) -> None:
    assert lignes(entrepot, "gam__venues", "iep, date_entree", MILIEU) == [("V5", datetime(2023, 1, 1))]
    assert refuses(entrepot, MILIEU) == [("gam", ligne, "ENTREE_INCONNUE", "PV1-44") for ligne in (1, 2, 3, 5, 6)]


def test_biologie_du_profil_2_0(entrepot: Path) -> None:
    assert lignes(entrepot, "dpi__transmissions_dmp", "document_id, operation", BIOLOGIE, "date_envoi") == [
        ("1.1", "AJOUT"), ("1.2", "REMPLACEMENT"), ("1.2", "SUPPRESSION"), ("1.4", "AJOUT"),
    ]  # fmt: skip
    assert [r[1:] for r in refuses(entrepot, BIOLOGIE)] == [(4, "OBLIGATOIRE_VIDE", "OBX-11")]


def test_sites_et_rpps(entrepot: Path) -> None:
    assert [r[0] for r in lignes(entrepot, "gam__venues", "finess_geo", SITES, "iep")] == [
        "930000099",
        "2A0000154",
        "2B0000020",
        SITES,
        "930000099",
        SITES,
    ]
    assert [r[0] for r in lignes(entrepot, "gam__venues_correspondants", "correspondant_id", SITES, "iep")] == [
        *[RPPS[1:]] * 3, RPPS, RPPS[1:], RPPS,
    ]  # fmt: skip
    assert lignes(entrepot, "dpi__transmissions_mss", "correspondant_id, statut", SITES) == [(RPPS[1:], "REUSSI")]


def test_naissances_incompletes(entrepot: Path) -> None:
    assert [r[0] for r in lignes(entrepot, "gam__venues", "iep", NAISSANCES)] == [f"V{n}" for n in range(10)]
    assert lignes(entrepot, "gam__patients", "ipp, date_naissance, statut_identite", NAISSANCES) == [
        ("CONNU", date(1950, 1, 2), "PROVISOIRE"), *((f"P{n}", None, "VALIDEE") for n in range(10)),
    ]  # fmt: skip
    assert refuses(entrepot, NAISSANCES) == []
    alertes = lire(
        entrepot, f"select ligne, colonne, motif from qualite.alertes_lecture where finess_ej = '{NAISSANCES}' order by 1"
    )
    assert alertes == [(ligne, "PID-7", "VALEUR_ILLISIBLE") for ligne in (*range(1, 11), 12)]


def test_sauts_de_ligne_dans_un_champ(entrepot: Path) -> None:
    attendus = ["CR0", "CR1", "CR2", "CR3", "CRLF", "LF", "M1", "M2", "M3", "M4", "É1", "É2", "É3"]
    assert lignes(entrepot, "gam__patients", "ipp, statut_identite, sexe", SAUTS) == [(ipp, "QUALIFIEE", "M") for ipp in attendus]
    assert refuses(entrepot, SAUTS) == []


def test_plusieurs_comptes_rendus(entrepot: Path) -> None:
    documents = {r[0]: r[1:] for r in lignes(entrepot, "dpi__documents", "document_id, type_code, niveau_cda", PLUSIEURS)}
    biologie = ("11502-2", "N1")
    assert documents == {
        "1.1": biologie, "1.2": ("60568-3", "N1"), "1.4": biologie, "1.5": biologie, "1.7": biologie, "1.8": ("18748-4", "N1"),
        "1.9": biologie, "1.10": biologie, "1.11": biologie, "1.12": biologie, "T.15": ("11490-0", "N1"), "1.16": ("34112-3", "N1"),
    }  # fmt: skip
    operations = dict(lignes(entrepot, "dpi__transmissions_dmp", "document_id, operation", PLUSIEURS))
    assert {d for d, operation in operations.items() if operation == "REMPLACEMENT"} == {"1.5"}
    assert operations.keys() == documents.keys()
    assert [r[1:] for r in refuses(entrepot, PLUSIEURS)] == [
        (6, "CORPS_ILLISIBLE", "OBX-5"), (7, "COMBINAISON_INCOHERENTE", "OBX-11"),
    ]  # fmt: skip


def test_corps_de_documents(entrepot: Path) -> None:
    attendus = {nom: niveau for nom, (_, niveau) in CORPS_RECUS.items()} | {
        "hexa": "N3", "clair": "N3", "minuscules": "N1", "absent": "?",
    }  # fmt: skip
    lus = dict(lignes(entrepot, "dpi__documents", "document_id, niveau_cda", CORPS))
    assert lus == {nom: niveau if niveau.startswith("N") else None for nom, niveau in attendus.items()}
    illisibles = [rang for rang, niveau in enumerate(attendus.values(), start=1) if niveau == "?"]
    assert [r[1:] for r in refuses(entrepot, CORPS)] == [(rang, "CORPS_ILLISIBLE", "OBX-5") for rang in illisibles]
    requete = "select {} from qualite.{} where finess_ej = '{}' order by 1"
    assert lire(entrepot, requete.format("ligne, message_id", "alertes_lecture", CORPS)) == [(rang, "1") for rang in illisibles]
    comptes = lire(entrepot, requete.format("nb_lues, nb_retenues, nb_rejetees", "fichiers", CORPS))
    assert comptes == [(len(attendus) + 1, len(attendus) + 1, 0)]


def test_identites_deplacees_dans_les_tables(entrepot: Path) -> None:
    flux = ("dpi__documents", "dpi__transmissions_mss", "dpi__consultations_dmp", "dpi__rendez_vous")
    for ej, ipp in ((DEPLACES, "B"), (ENCORE_CONNUS, "A")):
        assert {nom: lignes(entrepot, nom, "ipp", ej) for nom in flux} == {nom: [(ipp,)] for nom in flux}
    assert lignes(entrepot, "gam__venues", "iep, ipp", DEPLACES) == [("V1", "B"), ("V2", "C")]
    assert lignes(entrepot, "gam__statuts_dmp", "ipp, statut_dmp", DEPLACES) == [("B", "FERME")]
    vidhosp_lus = "select nda, ipp from intermediaire.int_pmsi_vidhosp where finess_ej = '{}' order by all"
    assert lire(entrepot, vidhosp_lus.format(DEPLACES)) == [("D1", "B"), ("D2", "C")]
    assert lire(entrepot, vidhosp_lus.format(ENCORE_CONNUS)) == [("D1", "A"), ("D2", "A")]
    assert [r[0] for r in lignes(entrepot, "gam__patients", "ipp", DEPLACES)] == ["B", "C"]
    # The table of patients still knows him after the merge.
    assert lignes(entrepot, "gam__venues", "iep, ipp", ENCORE_CONNUS) == [("V1", "A"), ("V2", "A")]
    assert [r[0] for r in lignes(entrepot, "gam__patients", "ipp", ENCORE_CONNUS)] == ["A", "B"]
    avec_un_ipp = {flux for flux, colonnes in contrat().items() if "ipp" in {colonne.nom for colonne in colonnes}}
    assert avec_un_ipp == {nom.replace("__", "/") for nom in ("gam__patients", "gam__statuts_dmp", "gam__venues", *flux)}


# — framing and headers, without a warehouse


def test_decoupage_ne_depend_pas_des_blocs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corps = "\r".join(cda("1.1")[i : i + 76] for i in range(0, 400, 76)) + "MSHabcd\r"
    contenu = (
        "bruit\r" + adt("A28", "20230101", pid("É"))
        + "\x0b" + adt("A31", "20230101", pid()) + "\x1c\r"
        + document("MDM^T02", "20230101", corps, "1.1").replace("\r", "\r\n")
        + "MSH|^~\\&|a|b\rPID|1\rZZZ|fin collée MSH|^~\\&|c|d\rPID|2"
    ).encode()  # fmt: skip
    (tmp_path / "a.hl7").write_bytes(contenu)
    attendu = [(b.anomalie, b.segments) for b in hl7.decouper(tmp_path / "a.hl7")]
    assert [a for a, _ in attendu] == ["MESSAGE_ILLISIBLE", None, None, None, None, None]
    assert [s[0][:3] for _, s in attendu] == [b"bru", b"MSH", b"MSH", b"MSH", b"MSH", b"MSH"]
    for taille in (1, 2, 3, 7, 64, 301):
        monkeypatch.setattr(hl7, "TAILLE_BLOC", taille)
        assert [(b.anomalie, b.segments) for b in hl7.decouper(tmp_path / "a.hl7")] == attendu


def test_blancs_autour_d_une_valeur() -> None:
    """As the engine trims the tables, so that an IPP is the same in both."""
    d = hl7_valeurs.delimiteurs("MSH|^~\\&|A|B")
    assert d is not None
    moteur = duckdb.connect()
    for blanc in (" ", "\u00a0", "\u2003", "\u202f", "\u3000", "\t", "\u200b"):
        for texte in (blanc, f"{blanc}P1{blanc}", f"P{blanc}1"):
            assert d.valeur(texte) == moteur.execute("select nullif(trim(?), '')", [texte]).fetchone()[0], repr(texte)


def test_corps_coupe_en_lignes(tmp_path: Path) -> None:
    corps = cda("1.1", patient=INS_1)
    coupe = "\r\n".join(corps[i : i + 76] for i in range(0, len(corps), 76))
    (tmp_path / "a.hl7").write_text(document("MDM^T02", "20230101", coupe, "1.1"), newline="")
    (message,) = [hl7.lire(brut) for brut in hl7.decouper(tmp_path / "a.hl7")]
    assert [(c["etat"], c["document_id"], c["patients"]) for c in message.documents.values()] == [
        ("CDA", "1.1", [f"{NIR}^{INS_1}"])
    ]
    assert all(len(s) < 200 for s in message.segments)


def lire_fichiers(lecteur: Interface, dossier: Path, *noms: str, fuseau: str = "Europe/Paris") -> dict[int, int]:
    """Read some files of a folder, numbered from 1, into Parquet files beside them."""
    fichiers: list[Any] = [
        SimpleNamespace(chemin_a_lire=str(dossier / nom), fuseau=fuseau, identifiant=rang, finess_ej="010000001")
        for rang, nom in enumerate(noms, start=1)
    ]
    with duckdb.connect() as moteur:
        return lecteur.lire(moteur, fichiers, dossier)


def test_un_fichier_disparu_n_arrete_pas_les_autres(tmp_path: Path) -> None:
    (tmp_path / "b.hl7").write_text(adt("A28", "20230101", pid()) * 2, encoding="utf-8", newline="")
    assert lire_fichiers(MessagesGam(), tmp_path, "a.hl7", "b.hl7") == {1: 0, 2: 2}
    lus = pq.read_table(tmp_path / "messages.parquet").select(["fichier_id", "ligne", "finess_ej", "ipp_message"])
    assert [tuple(ligne.values()) for ligne in lus.to_pylist()] == [(2, rang, "010000001", "P1") for rang in (1, 2)]
    assert {f.name for f in tmp_path.glob("*.parquet")} == {"messages.parquet"}


@pytest.mark.parametrize("lecteur", [MessagesGam(), MessagesDpi()])
def test_les_colonnes_du_lac_sont_celles_annoncees(tmp_path: Path, lecteur: Interface) -> None:
    textes = [c if isinstance(c, bytes) else c.encode() for nom, c in SCENARIOS.items() if f"/{lecteur.flux}/" in nom]
    (tmp_path / "a.hl7").write_bytes(b"\r".join(textes))
    lire_fichiers(lecteur, tmp_path, "a.hl7")
    with duckdb.connect() as moteur:
        for relation, colonnes in {**lecteur.relations, "rejets": lac.REJETS}.items():
            decrites = moteur.execute(f"describe from '{tmp_path / relation}.parquet'").fetchall()
            assert {nom: genre.lower() for nom, genre, *_ in decrites} == {**lac.PLACE, **colonnes}
            vides = [
                nom
                for nom in colonnes
                if not moteur.execute(f"select count({nom}) from '{tmp_path / relation}.parquet'").fetchall()[0][0]
            ]
            assert vides == (["autres_fautes"] if relation == "rejets" else [])


@pytest.mark.parametrize(
    ("texte", "a_paris", "utc"),
    [
        ("20230615", "2023-06-15 00:00", "2023-06-14 22:00"),
        ("20230615+0200", "2023-06-15 00:00", "2023-06-14 22:00"),
        ("2023061510", "2023-06-15 10:00", "2023-06-15 08:00"),
        ("20230615100030.1234Z", "2023-06-15 12:00:30", "2023-06-15 10:00:30"),
        ("202306151000-04:30", "2023-06-15 16:30", "2023-06-15 14:30"),
        # An hour that comes twice, one that does not come.
        ("202310290230", "2023-10-29 02:30", "2023-10-29 01:30"),
        ("202303260230", "2023-03-26 02:30", "2023-03-26 01:30"),
        *((texte, None, None) for texte in ("", "2023", "20230230", "2023061524", "22000101", "18790101", "20230615 10", "20230615+1500")),
    ],
)  # fmt: skip
def test_instants(texte: str, a_paris: str | None, utc: str | None) -> None:
    attendus = tuple(jour and datetime.fromisoformat(jour) for jour in (a_paris, utc))
    assert (hl7_valeurs.instant(texte, "Europe/Paris"), hl7_valeurs.instant_utc(texte, "Europe/Paris")) == attendus


def test_message_trop_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hl7, "TAILLE_BLOC", 512)
    monkeypatch.setattr(hl7, "MESSAGE_MAXIMAL", 4_096)
    monkeypatch.setattr(hl7, "SEGMENT_MAXIMAL", 2_048)
    bon = adt("A28", "20230101", pid())
    contenu = bon + bon.strip() + "X" * 10_000 + "\r" + bon + bon + "NTE|" + "Y" * 3_000 + "\r" + bon + "NTE|1\r" * 1_000 + bon
    (tmp_path / "a.hl7").write_bytes(contenu.encode())
    lus = [hl7.lire(brut) for brut in hl7.decouper(tmp_path / "a.hl7")]
    assert [message.anomalie for message in lus].count("MESSAGE_TROP_LONG") == 3
    assert [message.anomalie for message in lus].count(None) == 4
    assert all(len(s) <= 4_096 for message in lus for s in message.segments)


def _entete(xml: str | bytes) -> hl7.EnteteCda:
    return hl7.lire_entete(base64.b64encode(xml.encode() if isinstance(xml, str) else xml))


@pytest.mark.parametrize(
    ("xml", "etat"),
    [
        ("%PDF-1.4", "NON_CDA"),
        ("<html/>", "NON_CDA"),
        ('<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1"/>', "ILLISIBLE"),
        ('<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1"></ClinicalDocument>', "ILLISIBLE"),
        ('<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1"/><component><nonXMLBody>', "CDA"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><ClinicalDocument xmlns="urn:hl7-org:v3"><id root="&b;"/><component><x/>', "ILLISIBLE"),
        (
            '<!DOCTYPE a SYSTEM "file:///etc/passwd"><ClinicalDocument xmlns="urn:hl7-org:v3"><component><x/></component>',
            "ILLISIBLE",
        ),
        ('<ClinicalDocument xmlns="urn:hl7-org:v3">' + "<title>x</title>" * 300_000 + "<component><x/></component>", "ILLISIBLE"),
        (
            b'<?xml version="1.0" encoding="ISO-8859-1"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>\xe9</title><component><x/>',
            "CDA",
        ),
    ],
)
def test_entete_cda(xml: str | bytes, etat: str) -> None:
    assert _entete(xml)["etat"] == etat


def test_base64_abime() -> None:
    assert hl7.lire_entete(b"PENsaW5p__pas du base64")["etat"] == "ILLISIBLE"
    assert hl7.lire_entete(b"")["etat"] == "ILLISIBLE"
    # An end without its padding is read.
    assert hl7.lire_entete(base64.b64encode(b"%PDF-1.45").rstrip(b"="))["etat"] == "NON_CDA"


@given(st.binary(max_size=400))
def test_rien_n_arrete_le_lecteur_de_documents(octets: bytes) -> None:
    hl7.lire_entete(octets)
    _entete(b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + octets)


@given(
    st.lists(
        st.sampled_from(
            [b"MSH|^~\\&|a|b", b"MSH", b"PID|1||x", b"\x0b", b"\x1c", b"\r", b"\n", b"OBX|1|ED|a||^^^Base64^QQ==", b"QQQQ", b"|"]
        )
    )
)
def test_aucun_octet_ne_disparait(tmp_path_factory: pytest.TempPathFactory, morceaux: list[bytes]) -> None:
    """Every line that is not blank is in a message, or is the rest of a segment that ends values at line ends."""
    fichier = tmp_path_factory.mktemp("octets") / "a.hl7"
    fichier.write_bytes(b"\r".join(morceaux))
    bruts = list(hl7.decouper(fichier))
    assert len(bruts) == hl7.compter(fichier)
    entetes = sum(m.startswith(b"MSH") for m in morceaux)
    assert sum(b.segments[0].startswith(b"MSH") for b in bruts) >= min(entetes, 1)
    for brut in bruts:
        for lecteur in (MessagesGam(), MessagesDpi()):
            lecture = lecteur.lire_un(hl7.lire(brut), "Europe/Paris")
            assert bool(lecture.refus) != bool(lecture.lignes)


PERSONNEL = "DURAND JEANNE 4RUEDESFLEURS 0611223344 pneumopathie glycemie titre.libre 279035121518989@patient.mssante.fr"


def test_what_no_model_reads_never_reaches_the_disk(tmp_path: Path) -> None:
    nom, prenom, adresse, telephone, texte, resultat, libre, mss = PERSONNEL.split()
    patient = f"PID|1||P1^^^GAM^PI||{nom}^{prenom}||19500102|F|||{adresse}||{telephone}"
    professionnel = f"ROL||AD|ODRP|1^{nom}^{prenom}~2^{nom}||||||{adresse}|{telephone}"
    (tmp_path / "a.hl7").write_text(
        "\r".join(
            [
                "MSH|^~\\&|A|B|C|D|20230101||ORU^R01|1|P|2.5|||||FRA|UNICODE UTF-8",
                patient,
                f"NK1|1|{nom}|{adresse}",
                "ORC|NW",
                f"OBR|1|||11502-2||||||||{nom}||{texte}||{nom}",
                f"OBX|1|TX|note^{libre}||{texte}||||||F||{texte}",
                f"OBX|2|FT|{DESTINATAIRES[0][:3]}||{texte}~{texte}",
                f"OBX|3|CE|718-7^{resultat}||{resultat}^{resultat}|{resultat}",
                f"OBX|4|ED|1^XDM/1.0/DDM+CR {nom} {prenom}||{libre}^text^{libre}^Base64^QQ==^{texte}|{nom}|",
                f"OBX|5|ED|CORPSMAIL_PS||^text^^Base64^{base64.b64encode(texte.encode()).decode()}^{texte}",
                f"OBX|6|ED|2||{texte}",
                f"PRT||UC|{nom}|RCT^{libre}|279035121518989^{nom}^{prenom}~{nom}^{nom}||{nom}|{nom}|||||||^^X.400^{mss}~{nom}",
                professionnel,
                f"PV1|1|I|U1^{libre}^{libre}^X||||1^{nom}^{prenom}",
                f"ZZZ|{nom}",
                f"NTE|1||{texte}",
            ]
        )
        + "\r"
        + f"MSH|^~\\&|P|B|C|D|20230101||ZAM^Z02|2|P|2.6\rOBX|1|CWE|ACK|1|Y^{texte}\rOBX|2|XTN|D||{telephone}^^X.400^{mss}^{nom}\r"
        + f"ERR|{nom}||207^{texte}||1^{texte}|||{texte}\r"
        + document("MDM^T02", "20230101", cda("1.1"), "1.1", patient=patient, rct=(f"279035121518989^{nom} {mss}",))
        + adt("A01", "20230101", patient, professionnel, pv1(), zbe("1", "20230101")),
        encoding="utf-8",
    )
    gardes = {}
    for lecteur in (MessagesGam(), MessagesDpi()):
        (tmp_path / lecteur.nom).mkdir()
        (tmp_path / lecteur.nom / "a.hl7").write_bytes((tmp_path / "a.hl7").read_bytes())
        lire_fichiers(lecteur, tmp_path / lecteur.nom, "a.hl7")
        lignes_lues = [ligne for f in (tmp_path / lecteur.nom).glob("*.parquet") for ligne in pq.read_table(f).to_pylist()]
        gardes[lecteur.nom] = " ".join(str(valeur) for ligne in lignes_lues for valeur in ligne.values())
    assert [mot for mot in PERSONNEL.split() if any(mot in garde for garde in gardes.values())] == []
    assert gardes["dpi_hl7"].count("@patient.mssante.fr") == 2
    assert " P1 " in gardes["dpi_hl7"] and " P1 " in gardes["gam_hl7"] and "1950-01-02" in gardes["gam_hl7"]
