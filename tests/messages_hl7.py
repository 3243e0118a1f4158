"""The activity of one establishment as HL7 v2 messages (ADT, MDM, ORU, ZAM) instead of tables.

Rows that messages cannot say are given back, to be sent as tables: an identity récupérée, the billing of an external
consultation, a scanned document, a sending of earlier documents… The demonstration has its own interfaces
(`demo.messages_gam`, `demo.messages_dpi`); this one takes rows, those of any landing zone.
"""

from __future__ import annotations

import base64
import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

Ligne = Mapping[str, Any]
"""A row of the contract: text, int, bool, date, datetime or None by column."""
Tables = Mapping[str, Iterable[Ligne]]

FLUX = (
    "gam/patients", "gam/venues", "gam/statuts_dmp", "gam/venues_correspondants",
    "dpi/documents", "dpi/transmissions_dmp", "dpi/transmissions_mss",
)  # fmt: skip
"""The flux that become messages, in whole or in part."""

CLASSES = {"URGENCES": "E", "EXTERNE": "O"}
EVENEMENTS_MDM = {"AJOUT": "T02", "REMPLACEMENT": "T10", "SUPPRESSION": "T04"}
OPERATIONS = {"AJOUT": ("NW", "F"), "REMPLACEMENT": ("RO", "C"), "SUPPRESSION": ("CA", "D")}
DISCIPLINES_SEANCE = {"DIALYSE": "797", "CHIMIOTHERAPIE": "302", "RADIOTHERAPIE": "039"}
DISCIPLINES_CHAMP = {"SMR": "172", "PSY": "230"}
TRAITEMENTS = {"COMPLETE": "03", "PARTIELLE": "04"}
SORTIES = {"MUTATION": "6", "TRANSFERT": "7", "DOMICILE": "8", "DECES": "9", "AUTRE": "4"}
ROLES = {"MEDECIN_TRAITANT": "ODRP", "ADRESSEUR": "RP", "AUTRE": "RT"}
MODALITES = {
    "RADIOLOGIE": "DX", "MAMMOGRAPHIE": "MG", "SCANNER": "CT", "IRM": "MR", "ECHOGRAPHIE": "US", "AUTRE": "NM",
}  # fmt: skip
BIOLOGIE = "11502-2"
PARIS = ZoneInfo("Europe/Paris")
AUTRE_EJ = "990000000"
"""FINESS of the laboratory that a subcontracted report names."""

_ECHAPPEMENTS = str.maketrans({"|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "\\": "\\E\\", "&": "\\T\\"})


@dataclass
class Ecriture:
    """What was written.

    Args:
        messages: number of messages by flux (``gam/hl7``, ``dpi/hl7``).
        fichiers: files written.
        reste: rows left to the tables, by flux.
    """

    messages: dict[str, int] = field(default_factory=dict)
    fichiers: list[Path] = field(default_factory=list)
    reste: dict[str, list[Ligne]] = field(default_factory=dict)


def ecrire(dossier: Path, finess_ej: str, tables: Tables, unites: Iterable[Ligne] = ()) -> Ecriture:
    """Write the messages of one establishment, one archive a month, under ``gam/hl7`` and ``dpi/hl7``.

    Args:
        dossier: folder of the establishment in the landing zone.
        finess_ej: its FINESS.
        tables: final rows of the flux of `FLUX`; a flux may be missing.
        unites: rows of ``gam/unites_fonctionnelles``, which stay a table and decide before the messages do.

    Returns:
        counts, files, and the rows that are still to be sent as tables.
    """
    redaction = _Redaction(finess_ej, tables, {u["uf"]: u for u in unites})
    redaction.venues()
    redaction.patients()
    redaction.statuts()
    redaction.documents()
    resultat = Ecriture(reste={flux: redaction.reste[flux] for flux in FLUX})
    for flux, messages in redaction.messages.items():
        resultat.messages[flux] = len(messages)
        resultat.fichiers += _archiver(dossier / flux, messages)
    return resultat


def deposer(dossier: Path, reste: Mapping[str, Iterable[Ligne]], extraction: date) -> list[Path]:
    """Write the rows that are not messages as delimited files.

    Args:
        dossier: folder of the establishment.
        reste: rows by flux.
        extraction: date of the files; a message of that day or later would win over them.
    """
    fichiers = []
    for flux, lignes in reste.items():
        lignes = list(lignes)
        if not lignes:
            continue
        chemin = dossier / f"{flux}_{extraction:%Y%m%d}.csv"
        chemin.parent.mkdir(parents=True, exist_ok=True)
        with open(chemin, "w", encoding="utf-8", newline="") as sortie:
            redacteur = csv.writer(sortie, delimiter=";", lineterminator="\n")
            redacteur.writerow(lignes[0])
            redacteur.writerows([_texte_csv(valeur) for valeur in ligne.values()] for ligne in lignes)
        fichiers.append(chemin)
    return fichiers


def _texte_csv(valeur: Any) -> str:
    if valeur is None:
        return ""
    return str(valeur).lower() if isinstance(valeur, bool) else str(valeur)


def _archiver(dossier: Path, messages: list[tuple[datetime, list[str]]]) -> list[Path]:
    """Write one file a month, in turn with each way of ending segments, framing messages and encoding text."""
    mois: dict[str, list[list[str]]] = defaultdict(list)
    for instant, segments in sorted(messages, key=lambda m: m[0]):
        mois[f"{instant:%Y%m}"].append(segments)
    fichiers = []
    for rang, (nom, contenu) in enumerate(sorted(mois.items())):
        dossier.mkdir(parents=True, exist_ok=True)
        fin, jeu, codec = (("\r", "UNICODE UTF-8", "utf-8"), ("\r\n", "8859/1", "latin-1"), ("\n", "", "utf-8"))[rang % 3]
        chemin = dossier / f"archive_{nom}.{'er7' if rang % 2 else 'hl7'}"
        with open(chemin, "w", encoding=codec, newline="", errors="replace") as sortie:
            for segments in contenu:
                texte = "".join(segment + fin for segment in segments).replace("%JEU%", jeu, 1)
                sortie.write(f"\x0b{texte}\x1c\r" if rang % 3 == 0 else texte)
        fichiers.append(chemin)
    return fichiers


def _t(valeur: Any) -> str:
    """Escape a value."""
    return "" if valeur is None else str(valeur).translate(_ECHAPPEMENTS)


def _i(instant: datetime | date | None) -> str:
    if instant is None:
        return ""
    return f"{instant:%Y%m%d%H%M%S}" if isinstance(instant, datetime) else f"{instant:%Y%m%d}"


def _entier(instant: datetime | None) -> bool:
    """Tell whether an instant is exact to the second, as messages write it."""
    return instant is None or instant.microsecond == 0


def _segment(nom: str, champs: Mapping[int, str]) -> str:
    """Write a segment from its fields by number."""
    return "|".join([nom, *(champs.get(n, "") for n in range(1, max(champs) + 1))])


def _ei(identifiant: str) -> str:
    """Write an identifier `root` or `root^extension` as an EI."""
    racine, _, extension = identifiant.partition("^")
    return f"{_t(extension)}^^{_t(racine)}^ISO" if extension else _t(racine)


def _ii(balise: str, identifiant: str) -> str:
    racine, _, extension = identifiant.partition("^")
    return f"<{balise} root={quoteattr(racine)}" + (f" extension={quoteattr(extension)}/>" if extension else "/>")


class _Redaction:
    """Messages and remaining rows of one establishment, filled flux after flux."""

    def __init__(self, finess_ej: str, tables: Tables, unites: Mapping[str, Ligne]) -> None:
        self.finess_ej = finess_ej
        self.unites = unites
        self.tables: dict[str, list[Ligne]] = {flux: list(tables.get(flux, ())) for flux in FLUX}
        self.reste: dict[str, list[Ligne]] = defaultdict(list)
        self.messages: dict[str, list[tuple[datetime, list[str]]]] = {"gam/hl7": [], "dpi/hl7": []}
        self.patient = {p["ipp"]: p for p in self.tables["gam/patients"]}
        self.venue: dict[str, Ligne] = {}
        self.numero = 0

    # — common segments

    def _ajouter(self, flux: str, instant: datetime, segments: list[str]) -> None:
        self.messages[flux].append((instant, segments))

    def _msh(self, instant: datetime, structure: str, profil: str, emetteur: str, recepteur: str, numero: str) -> str:
        champs = {
            2: "^~\\&", 3: emetteur, 4: self.finess_ej, 5: recepteur, 6: self.finess_ej, 7: _i(instant), 9: structure,
            10: numero, 11: "P", 12: "2.5^FRA^2.11" if structure.startswith("ADT") else "2.6", 17: "FRA", 18: "%JEU%",
            21: profil,
        }  # fmt: skip
        return "MSH|" + "|".join(champs.get(n, "") for n in range(2, 22))

    def _suivant(self) -> str:
        self.numero += 1
        return f"{self.numero:08d}"

    def _est_dicible(self, patient: Ligne | None) -> bool:
        if patient is None:
            return False
        if patient["statut_identite"] == "QUALIFIEE":
            return bool(patient["ins_oid"] and re.fullmatch(r"[0-9A-Z]{15}", patient["ins_matricule"] or ""))
        return patient["statut_identite"] in ("VALIDEE", "PROVISOIRE") and not patient["ins_matricule"]

    def _pid(self, ipp: str, dossier: str | None, qualifiee: bool | None = None) -> str:
        """Write the PID; without a birth date it tells nothing of an identity that messages cannot say."""
        patient = self.patient.get(ipp)
        autorite = f"GAM&{self.finess_ej}&M"
        identifiants = [f"{_t(ipp)}^^^{autorite}^PI"]
        champs = {1: "1"}
        if patient is not None and self._est_dicible(patient):
            qualifiee = patient["statut_identite"] == "QUALIFIEE" if qualifiee is None else qualifiee
            if qualifiee and patient["ins_matricule"]:
                espace = "ASIP-SANTE-INS-NIA" if patient["ins_oid"].endswith(".9") else "ASIP-SANTE-INS-NIR"
                identifiants.append(f"{patient['ins_matricule']}^^^{espace}&{patient['ins_oid']}&ISO^INS")
            statut = "PROV" if patient["statut_identite"] == "PROVISOIRE" or not qualifiee else "VALI"
            if patient["statut_identite"] == "VALIDEE":
                statut = "VALI"
            attributs = ["DOUT"] * bool(patient["identite_douteuse"]) + ["FICT"] * bool(patient["identite_fictive"])
            champs |= {7: _i(patient["date_naissance"]), 32: "~".join([statut, *attributs])}
            champs[8] = {"I": "U"}.get(patient["sexe"], patient["sexe"] or "")
        if dossier:
            champs[18] = f"{_t(dossier)}^^^{autorite}^AN"
        return _segment("PID", champs | {3: "~".join(identifiants), 5: "NOM^PRENOM^^^^^L"})

    def _pv1(self, venue: Ligne | None) -> str:
        if venue is None:
            return "PV1|1|N"
        seance = venue["mode_hospitalisation"] == "SEANCE"
        discipline = DISCIPLINES_SEANCE.get(venue["type_seance"] or "") or DISCIPLINES_CHAMP.get(venue["champ"], "")
        traitement = "06" if venue["champ"] == "HAD" else TRAITEMENTS.get(venue["mode_hospitalisation"] or "", "")
        return _segment("PV1", {
            1: "1", 2: CLASSES.get(venue["champ"], "R" if seance else "I"), 3: f"^^^{venue['finess_geo']}&{venue['finess_geo']}&M",
            10: discipline, 19: f"{_t(venue['iep'])}^^^GAM&{self.finess_ej}&M^VN", 21: traitement,
        })  # fmt: skip

    def _zbe(self, venue: Ligne, mouvement: str, instant: datetime, action: str, origine: str = "") -> str:
        uf = f"^^^^^GAM&{self.finess_ej}&M^UF^^^{_t(venue['uf'])}" if venue["uf"] else ""
        return _segment("ZBE", {
            1: f"{_t(venue['iep'])}-{mouvement}^GAM", 2: _i(instant), 4: action, 5: "N", 6: origine, 7: uf, 8: uf, 9: "HMS",
        })  # fmt: skip

    def _adt(self, instant: datetime, evenement: str, ipp: str, venue: Ligne | None, suite: Iterable[str]) -> None:
        dossier = (venue["numero_sejour"] or venue["iep"]) if venue else None
        self._ajouter("gam/hl7", instant, [
            self._msh(instant, f"ADT^{evenement}", "2.11^IHE_FRANCE-2.11-PAM", "GAM", "DPI", self._suivant()),
            _segment("EVN", {2: _i(instant), 6: _i(instant)}),
            self._pid(ipp, dossier),
            *suite,
        ])  # fmt: skip

    # — GAM

    def venues(self) -> None:
        roles: dict[str, list[Ligne]] = defaultdict(list)
        for lien in self.tables["gam/venues_correspondants"]:
            roles[lien["iep"]].append(lien)
        for venue in self.tables["gam/venues"]:
            if not self._venue_dicible(venue):
                self.reste["gam/venues"].append(venue)
                continue
            self.venue[venue["iep"]] = venue
            intervenants = [
                _segment("ROL", {2: "UC", 3: ROLES[r["role"]], 4: f"{_t(r['correspondant_id'])}^^^^^^^^^^^^RPPS"})
                for r in roles.pop(venue["iep"], [])
            ]
            entree = "A01" if venue["champ"] not in CLASSES and venue["mode_hospitalisation"] != "SEANCE" else "A04"
            zbe = self._zbe(venue, "1", venue["date_entree"], "INSERT")
            self._adt(venue["date_entree"], entree, venue["ipp"], venue, [*intervenants, self._pv1(venue), zbe])
            if venue["date_sortie"]:
                zbe = self._zbe(venue, "2", venue["date_sortie"], "INSERT")
                zfm = _segment("ZFM", {2: SORTIES.get(venue["mode_sortie"] or "", ""), 4: ""})
                self._adt(venue["date_sortie"], "A03", venue["ipp"], venue, [self._pv1(venue), zbe, zfm])
        for liens in roles.values():
            self.reste["gam/venues_correspondants"] += liens

    def _venue_dicible(self, venue: Ligne) -> bool:
        unite = self.unites.get(venue["uf"]) or {}
        champ, mode, seance = venue["champ"], venue["mode_hospitalisation"], venue["type_seance"]
        if venue["nb_seances"] is not None or venue["facturation_ace"] is not None:
            return False
        if venue["consultation_medicale"] is not None or (venue["mode_sortie"] and not venue["date_sortie"]):
            return False
        if not (_entier(venue["date_entree"]) and _entier(venue["date_sortie"])):
            return False
        if not re.fullmatch(r"[0-9][0-9AB][0-9]{7}", venue["finess_geo"]):
            return False
        if champ in CLASSES:
            return mode is None and seance is None
        if (unite.get("champ") or champ) != champ and unite["champ"] not in CLASSES:
            return False
        if mode == "SEANCE":
            # One discipline only: it says either the type or the field of activity.
            attendu = unite.get("type_seance") or seance or "AUTRE"
            return champ != "HAD" and seance == attendu and (champ == "MCO" or unite.get("champ") == champ or seance == "AUTRE")
        return mode is not None and seance is None and (champ != "HAD" or mode == "COMPLETE")

    def patients(self) -> None:
        venues: dict[str, datetime] = {}
        for venue in self.venue.values():
            venues[venue["ipp"]] = min(venues.get(venue["ipp"], venue["date_entree"]), venue["date_entree"])
        for ipp, patient in self.patient.items():
            if not self._est_dicible(patient):
                self.reste["gam/patients"].append(patient)
            elif ipp not in venues:
                creation = datetime.combine(patient["date_naissance"], datetime.min.time()) + timedelta(hours=8)
                self._adt(max(creation, datetime(2010, 1, 1, 8)), "A28", ipp, None, [self._pv1(None)])

    def statuts(self) -> None:
        for statut in self.tables["gam/statuts_dmp"]:
            venue = self.venue.get(statut["iep"])
            dicible = (venue is not None and venue["ipp"] == statut["ipp"]) or statut["iep"] is None
            # An answer of the patient says that he was informed.
            repond = statut["opposition_alimentation"] or statut["consentement_consultation"] is not None
            dicible = dicible and not (repond and statut.get("information_delivree") is False)
            if not (dicible and _entier(statut["date_constat"]) and self._est_dicible(self.patient.get(statut["ipp"]))):
                self.reste["gam/statuts_dmp"].append(statut)
                continue
            instant = _i(statut["date_constat"])
            consentement = {None: "NA", True: "IC", False: "INC"}[statut["consentement_consultation"]]
            informe = "INO" if statut.get("information_delivree") else "NA"
            alimentation = "IO" if statut["opposition_alimentation"] else informe
            zfa = _segment("ZFA", {
                1: statut["statut_dmp"], 2: instant, 9: alimentation, 10: instant,
                11: consentement, 12: instant if consentement != "NA" else "",
            })  # fmt: skip
            suite = [self._pv1(venue), zfa]
            if venue is not None:
                origine = "A01" if venue["champ"] not in CLASSES and venue["mode_hospitalisation"] != "SEANCE" else "A04"
                suite.insert(1, self._zbe(venue, "1", venue["date_entree"], "UPDATE", origine))
            self._adt(statut["date_constat"], "Z99" if venue else "A31", statut["ipp"], venue, suite)

    # — documents

    def documents(self) -> None:
        documents = {d["document_id"]: d for d in self.tables["dpi/documents"]}
        chaines: dict[str, list[Ligne]] = defaultdict(list)
        for document in documents.values():
            chaines[document["set_id"]].append(document)
        for chaine in chaines.values():
            chaine.sort(key=lambda d: (d["version"], d["date_creation"], d["document_id"]))
        dicibles = {i: d for i, d in documents.items() if self._document_dicible(d, chaines[d["set_id"]])}
        self.reste["dpi/documents"] += [d for i, d in documents.items() if i not in dicibles]
        redige: Callable[..., None] = self._envoi
        for document in dicibles.values():
            redige(document, chaines[document["set_id"]], document["date_creation"], self._operation(document))
        for envoi in self.tables["dpi/transmissions_dmp"]:
            document = dicibles.get(envoi["document_id"])
            if document is None or envoi["reprise_historique"] or not _entier(envoi["date_envoi"]):
                self.reste["dpi/transmissions_dmp"].append(envoi)
                continue
            redige(
                document, chaines[document["set_id"]], envoi["date_envoi"], envoi["operation"], dmp=True,
                statut=envoi["statut"], lot=envoi["lot_id"],
            )  # fmt: skip
        for message in self.tables["dpi/transmissions_mss"]:
            document = dicibles.get(message["document_id"])
            if document is None or not self._message_dicible(message, document):
                self.reste["dpi/transmissions_mss"].append(message)
                continue
            redige(
                document, chaines[document["set_id"]], message["date_envoi"], self._operation(document),
                statut=message["statut"], message=message,
            )  # fmt: skip

    def _operation(self, document: Ligne) -> str:
        return "AJOUT" if document["version"] == 1 else "REMPLACEMENT"

    def _document_dicible(self, document: Ligne, chaine: list[Ligne]) -> bool:
        patient, cda = self.patient.get(document["ipp"]), document["niveau_cda"] is not None
        if document["numerise"] or not document["consultable_services"] or document["non_transmission"]:
            return False
        if document["categorie_biologie"] is not None or document["entete_structuree"] != cda:
            return False
        if document["ins_qualifiee"] and not (
            self._est_dicible(patient) and patient is not None and patient["statut_identite"] == "QUALIFIEE"
        ):
            return False
        if not _entier(document["date_creation"]):
            return False
        if not cda and (document["modalite_imagerie"] or document["correspondant_id"] or len(chaine) > 1):
            return False
        return cda or (document["set_id"] == document["document_id"] and document["version"] == 1)

    def _message_dicible(self, message: Ligne, document: Ligne) -> bool:
        if (message["ipp"], message["iep"]) != (document["ipp"], document["iep"]) or not _entier(message["date_envoi"]):
            return False
        if message["enveloppe_xdm"] != (True if document["niveau_cda"] and message["canal"] == "PRO" else None):
            return False
        if message["canal"] == "CITOYENNE":
            return message["correspondant_id"] is None
        if not re.search(r"[@.]mssante\.fr$", message["adresse_destinataire"].lower()):
            return False
        return document["correspondant_id"] is not None or message["correspondant_id"] is None

    def _envoi(
        self,
        document: Ligne,
        chaine: list[Ligne],
        instant: datetime,
        operation: str,
        dmp: bool = False,
        statut: str = "INCONNU",
        lot: str | None = None,
        message: Ligne | None = None,
    ) -> None:
        """Write the message that carries a document somewhere, and what comes back."""
        numero = self._suivant()
        rang = chaine.index(document)
        parent = chaine[rang - 1]["document_id"] if rang else None
        biologie = document["type_code"] == BIOLOGIE and document["niveau_cda"] is not None
        orc, obx_11 = OPERATIONS[operation]
        venue = self.venue.get(document["iep"])
        type_code = f"{_t(document['type_code'])}^Document^{'LN' if document['type_code'][:1].isdigit() else 'TRE_A05'}"
        profil = "1.2^CISIS_CDA_HL7_V1" if lot else "2.1^CISIS_CDA_HL7_V2"
        structure = "ORU^R01^ORU_R01" if biologie else f"MDM^{EVENEMENTS_MDM[operation]}^MDM_T02"
        segments = [
            self._msh(instant, structure, profil, "DPI", "PFI", numero),
            *([] if biologie else [_segment("EVN", {2: _i(instant)})]),
            self._pid(
                document["ipp"], (venue["numero_sejour"] if venue else None) or document["iep"],
                qualifiee=document["ins_qualifiee"],
            ),
            self._pv1_document(document["iep"]),
            f"ORC|{orc}|",
            f"OBR|1|||{type_code}|",
        ]  # fmt: skip
        if not biologie:
            champs = {
                1: "1", 2: _t(document["type_code"]), 3: "TEXT", 4: _i(document["date_creation"]),
                12: _ei(document["document_id"]), 17: "AU",
            }  # fmt: skip
            segments.append(_segment("TXA", champs | ({13: _ei(parent)} if parent else {})))
        corps = self._cda(document, parent) if document["niveau_cda"] else b"%PDF-1.4 lettre"
        donnees = base64.b64encode(corps).decode()
        segments.append(f"OBX|1|ED|{type_code}||^text^XML^Base64^{donnees}||||||{obx_11}|")
        if document["producteur"]:
            finess = self.finess_ej if document["producteur"] == "INTERNE" else AUTRE_EJ
            segments.append(
                _segment("PRT", {2: "UC", 4: "SB^^participation", 8: f"Producteur^^^^^ASIP-SANTE-ST^FINEJ^^^{finess}"})
            )
        pro = citoyenne = False
        adresse = ""
        if message is not None:
            pro, citoyenne = message["canal"] == "PRO", message["canal"] == "CITOYENNE"
            if pro:
                adresse = message["adresse_destinataire"]
                personne = f"{_t(message['correspondant_id'])}^^^^^^^^^^^^RPPS" if message["correspondant_id"] else ""
                segments.append(_segment("PRT", {2: "UC", 4: "RCT^^participation", 5: personne, 15: f"^^X.400^{_t(adresse)}"}))
            else:
                patient = self.patient.get(document["ipp"]) or {}
                adresse = f"{patient.get('ins_matricule') or 'inconnu'}@patient.mssante.fr"
        observations = [("DESTDMP", dmp), ("DESTMSSANTEPS", pro), ("DESTMSSANTEPAT", citoyenne), ("ACK_RECEPTION", True)]
        for rang_obx, (code, valeur) in enumerate(observations, start=2):
            segments.append(
                f"OBX|{rang_obx}|CWE|{code}^Métadonnée^MetaDMPMSS||{'Y' if valeur else 'N'}^^expandedYes-NoIndicator||||||F|"
            )
        if lot:
            segments.append(f"OBX|6|CE|COMP_LOT^Lot||{_t(lot)}||||||F|")
        self._ajouter("dpi/hl7", instant, segments)
        if statut in ("REUSSI", "ECHEC") and (dmp or pro or citoyenne):
            self._zam(instant + timedelta(minutes=1), numero, dmp, adresse, statut == "REUSSI")

    def _pv1_document(self, iep: str | None) -> str:
        if iep is None:
            return "PV1|1|N"
        venue = self.venue.get(iep)
        classe = CLASSES.get(venue["champ"], "I") if venue else "I"
        return _segment("PV1", {1: "1", 2: classe, 19: f"{_t(iep)}^^^GAM&{self.finess_ej}&M^VN"})

    def _zam(self, instant: datetime, numero: str, dmp: bool, adresse: str, succes: bool) -> None:
        evenement, code = ("Z01", "ACK_RECEPTION_DMP") if dmp else ("Z02", "ACK_RECEPTION_MSS")
        segments = [
            self._msh(instant, f"ZAM^{evenement}^ZAM_Z01", "2.1^CISIS_CDA_HL7_V2", "PFI", "DPI", self._suivant()),
            _segment("EVN", {2: _i(instant)}),
            f"OBX|1|CWE|{code}^Accusé de réception^AckMetierZAM|{numero}|{'Y' if succes else 'N'}^^expandedYes-NoIndicator||||||F|",
        ]
        if not dmp:
            segments.append(f"OBX|2|XTN|DESTINATAIRE_MSS^Destinataire MSSanté^AckMetierZAM||^^X.400^{_t(adresse)}||||||F|")
        if not succes:
            erreur = "XDSRepositoryError^Erreur du dépôt^DMPERRORCODE" if dmp else "511^Adresse inconnue^SMTPERRORCODE"
            segments.append(f"ERR|||207^Application internal error^messageErrorCondition|E|{erreur}")
        self._ajouter("dpi/hl7", instant, segments)

    def _cda(self, document: Ligne, parent: str | None) -> bytes:
        patient = self.patient.get(document["ipp"]) or {}
        ins = f"{patient['ins_oid']}^{patient['ins_matricule']}" if document["ins_qualifiee"] else None
        identifiant_patient = _ii("id", ins) if ins else '<id nullFlavor="UNK"/>'
        correspondant = document["correspondant_id"]
        modalite = MODALITES.get(document["modalite_imagerie"] or "")
        corps = {
            "N1": '<nonXMLBody><text mediaType="application/pdf" representation="B64">JVBERi0xLjQ=</text></nonXMLBody>',
            "N3": "<structuredBody><component><section/></component></structuredBody>",
        }[document["niveau_cda"]]
        morceaux = [
            '<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3">',
            '<typeId extension="POCD_HD000040" root="2.16.840.1.113883.1.3"/>',
            _ii("id", document["document_id"]),
            f'<code code={quoteattr(document["type_code"])} codeSystem="2.16.840.1.113883.6.1"/>',
            f'<effectiveTime value="{_i(document["date_creation"])}{document["date_creation"].replace(tzinfo=PARIS):%z}"/>',
            _ii("setId", document["set_id"]),
            f'<versionNumber value="{document["version"]}"/>',
            f"<recordTarget><patientRole>{identifiant_patient}</patientRole></recordTarget>",
        ]
        if correspondant:
            numero = f"8{correspondant}" if re.fullmatch(r"[0-9]{11}", correspondant) else correspondant
            identifiant = f'<id root="1.2.250.1.71.4.2.1" extension={quoteattr(numero)}/>'
            morceaux.append(f"<informationRecipient><intendedRecipient>{identifiant}</intendedRecipient></informationRecipient>")
        if modalite:
            code = f'<code code="X"><translation code="{modalite}" codeSystem="1.2.840.10008.2.16.4"/></code>'
            morceaux.append(f"<documentationOf><serviceEvent>{code}</serviceEvent></documentationOf>")
        if parent:
            morceaux.append(
                f'<relatedDocument typeCode="RPLC"><parentDocument>{_ii("id", parent)}</parentDocument></relatedDocument>'
            )
        return "".join([*morceaux, "<component>", corps, "</component></ClinicalDocument>"]).encode()
