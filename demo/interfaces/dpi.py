"""Documents and their sendings as MDM and ORU messages with a CDA inside, and the acknowledgements that come back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..colonnes import JOUR, Table, zeros_devant
from ..depot import Depot
from ..documents import CR_BIO, CR_IMAGERIE, ORDONNANCES, TYPE, TYPES, Documents
from ..echanges import AJOUT, ECHEC, EN_COURS, REMPLACEMENT, REUSSI, SUPPRESSION, Messages, Transmissions
from ..hasard import generateur, tirer
from ..patients import OIDS, QUALIFIEE, Patients
from ..pmsi.largeur import date32, etiquettes
from ..profils import Etablissement
from ..venues import Venues
from .segments import ORGANISATION, Archive, entete, instant, patient, segment, si, zone

Tableau = np.ndarray

OID_PATIENTS = "1.2.250.1.213.999.2"
LABORATOIRE_EXTERIEUR = "999999999"

LIBELLES = {
    "11490-0": "Lettre de liaison à la sortie d'un établissement de soins",
    "34112-3": "CR hospitalier (séjour)",
    "34874-8": "CR opératoire",
    "11488-4": "CR ou fiche de consultation ou de visite",
    "11502-2": "CR d'examens biologiques",
    "18748-4": "CR d'imagerie médicale",
}
# In the order of MODALITES.
_DICOM = ("CR", "MG", "CT", "MR", "US", "NM")


class MessagesDocuments:
    """Writes the document messages of one establishment, for the part of its activity that they can carry.

    Messages say nothing of scanned papers, of documents that are not CDA, of decisions not to send, of the campaign
    of earlier documents, nor of answers still awaited: those rows stay in the tables.

    Args:
        depot: where to write.
        etablissement: which one.
        graine: seed.
        venues: its venues.
        patients: its patients.
        documents: its documents.
        table: flux dpi/documents, for the venue each document says it belongs to.
    """

    def __init__(
        self,
        depot: Depot,
        etablissement: Etablissement,
        graine: int,
        venues: Venues,
        patients: Patients,
        documents: Documents,
        table: Table,
    ) -> None:
        """Tell which documents travel as messages."""
        self.finess = etablissement.finess
        self.rng = generateur(graine, self.finess, "dpi/hl7")
        self.venues, self.patients, self.documents = venues, patients, documents
        self.iep = table.colonnes["iep"].valeurs
        self.archive = Archive(depot, f"{self.finess}/dpi/hl7", "DOC")
        self.retours = Archive(depot, f"{self.finess}/dpi/hl7", "ACK")
        d, p = documents, patients
        ins_possible = (np.char.str_len(p.matricule) == 15) & (p.oid >= 0)
        dicible = (
            (d.niveau >= 0)
            & ~d.numerise
            & d.entete.astype(bool)
            & d.consultable.astype(bool)
            & ~d.non_transmission
            & (~d.ins | ins_possible[d.patient])
            & ((d.type_code != CR_BIO) | (d.categorie == 0))
        )
        # All the versions of a document travel the same way.
        refuses = np.bincount(d.lot, weights=~dicible, minlength=int(d.lot.max(initial=0)) + 1)
        self.portes = refuses[d.lot] == 0
        """Versions carried by messages."""
        self.precedent = self._precedentes()

    def transmissions_portees(self, transmissions: Transmissions) -> Tableau:
        """Tell which sendings to the DMP travel as messages."""
        connue = transmissions.document >= 0
        return connue & self.portes[transmissions.document] & ~transmissions.reprise & (transmissions.statut != EN_COURS)

    def messages_portes(self, messages: Messages) -> Tableau:
        """Tell which MSSanté messages travel as HL7 messages."""
        connu = (messages.document >= 0) & self.portes[messages.document]
        return connu & (messages.statut != EN_COURS) & ((messages.canal == 1) | (messages.xdm == 1))

    def ecrire(self, transmissions: Transmissions, messages: Messages) -> None:
        """Write the messages and the acknowledgements.

        Args:
            transmissions: sendings to the DMP.
            messages: MSSanté messages.
        """
        t = np.flatnonzero(self.transmissions_portees(transmissions))
        m = np.flatnonzero(self.messages_portes(messages))
        d = self.documents
        document, envoi, operation = transmissions.document[t], transmissions.envoi[t], transmissions.operation[t]
        personne = np.full(len(t), -1)
        lot = np.where(np.isin(d.type_code[document], ORDONNANCES), transmissions.lot[t], -1)
        numeros = self._envoyer(document, envoi, operation, self.iep[document], personne, dmp=True, lot=lot)
        self._acquitter(document, numeros, envoi, transmissions.statut[t], None)

        doc_m, envoi_m = messages.document[m], messages.envoi[m]
        iep_m = np.where(messages.venue[m] >= 0, self.venues.iep[messages.venue[m]], -1)
        patient_m = np.where(messages.canal[m] == 1, messages.patient[m], -1)
        operation_m = np.where(d.version[doc_m] == 1, AJOUT, REMPLACEMENT)
        numeros = self._envoyer(
            doc_m, envoi_m, operation_m, iep_m, messages.correspondant[m], adresse=messages.adresse[m], vers_patient=patient_m
        )
        self._acquitter(doc_m, numeros, envoi_m, messages.statut[m], (messages.adresse[m], patient_m))

        # The last message of a version says its venue, and its CDA the correspondent it is written to. When that message
        # names another venue, or a recipient that the document does not, or when there is none, the version is filed
        # once more in the archive, without any recipient.
        fidele = (iep_m == self.iep[doc_m]) & ((d.correspondant[doc_m] >= 0) | (messages.correspondant[m] < 0))
        vus = np.concatenate([document[operation != SUPPRESSION], doc_m])
        quand = np.concatenate([envoi[operation != SUPPRESSION], envoi_m])
        bons = np.concatenate([np.ones(len(vus) - len(m), dtype=bool), fidele])
        dernier = np.full(len(d), -1)
        suit = np.zeros(len(d), dtype=bool)
        # Of two messages of the same second, the one that says otherwise may be read last.
        ordre = np.lexsort((~bons, quand))
        dernier[vus[ordre]] = quand[ordre]
        suit[vus[ordre]] = bons[ordre]
        a_classer = np.flatnonzero(self.portes & ~suit)
        date = np.maximum(dernier[a_classer], d.creation[a_classer]) + 120
        operation = np.where(d.version[a_classer] == 1, AJOUT, REMPLACEMENT)
        self._envoyer(a_classer, date, operation, self.iep[a_classer], np.full(len(a_classer), -1))
        self._recus()
        self.archive.ecrire("hl7")
        self.retours.ecrire("er7")

    def _precedentes(self) -> Tableau:
        """Return, per version, the row number of the version it replaces (itself when it is the first)."""
        d = self.documents
        ordre = np.lexsort((d.version, d.lot))
        precedent = np.arange(len(d))
        suite = d.lot[ordre][1:] == d.lot[ordre][:-1]
        precedent[ordre[1:][suite]] = ordre[:-1][suite]
        return precedent

    def _envoyer(
        self,
        document: Tableau,
        envoi: Tableau,
        operation: Tableau,
        iep: Tableau,
        correspondant: Tableau,
        dmp: bool = False,
        lot: Tableau | None = None,
        adresse: Tableau | None = None,
        vers_patient: Tableau | None = None,
    ) -> pa.Array:
        """Add one message per sending, and return their numbers.

        Args:
            document: row number of the version.
            envoi: instant, seconds.
            operation: AJOUT, REMPLACEMENT or SUPPRESSION.
            iep: venue that the message names, -1 when none.
            correspondant: recipient, -1 when not named.
            dmp: the DMP is a destination.
            lot: submission set, -1 when not said.
            adresse: number in the address of a recipient who is written to by MSSanté.
            vers_patient: row number of the patient who is written to, -1 otherwise.
        """
        d, p = self.documents, self.patients
        nombre = len(document)
        rangs = d.patient[document]
        ins = d.ins[document]
        vali = ins | (p.statut[rangs] == QUALIFIEE) | (p.statut[rangs] == 2)
        pro = adresse is not None
        patient_ecrit = np.full(nombre, -1) if vers_patient is None else vers_patient
        au_pro = pro & (patient_ecrit < 0)
        type_code = d.type_code[document]
        interne = d.producteur[document]
        numeros = self.archive.numeros(nombre)
        colonnes = {
            "numero": numeros,
            "ipp": pa.array(zeros_devant(p.ipp[rangs].astype("U8"), 8)),
            "ins": pa.array(np.where(ins, p.matricule[rangs].astype("U16"), "")),
            "ins_oid": etiquettes(p.oid[rangs], OIDS).cast(pa.string()),
            "naissance": date32(p.naissance[rangs]),
            "sexe": etiquettes(p.sexe[rangs], "MFU"),
            "fiabilite": pa.array(np.where(vali, "VALI", "PROV")),
            "iep": pa.array(np.where(iep >= 0, zeros_devant(iep.astype("U9"), 9), "")),
            "type_code": etiquettes(type_code, TYPES),
            "libelle": etiquettes(type_code, [LIBELLES.get(c, "Document") for c in TYPES]),
            "systeme": pa.array(np.where(np.char.find(np.array(TYPES), "PRESC") == 0, "TRE_A05", "LN")[type_code]),
            "document": pa.array(document + 1),
            "remplace": pa.array(self.precedent[document] + 1),
            "lot_document": pa.array(d.lot[document]),
            "ecrit_a": pa.array(d.correspondant[document] + 1, mask=d.correspondant[document] < 0),
            "version": pa.array(d.version[document]),
            "niveau": pa.array(d.niveau[document]),
            "creation": pa.array(d.creation[document]),
            "operation": pa.array(operation),
            "modalite": etiquettes(np.where(type_code == CR_IMAGERIE, d.modalite[document], -1), _DICOM),
            "producteur": etiquettes(np.where(interne < 0, -1, interne), (self.finess, LABORATOIRE_EXTERIEUR)),
            "vers_dmp": pa.array(np.full(nombre, "Y" if dmp else "N")),
            "vers_pro": pa.array(np.where(au_pro, "Y", "N")),
            "vers_patient": pa.array(np.where(patient_ecrit >= 0, "Y", "N")),
            "destinataire": pa.array(
                np.where(correspondant >= 0, np.char.add("100", zeros_devant((correspondant + 1).astype("U8"), 8)), "")
            ),
            "adresse": pa.array(np.zeros(nombre, dtype=int) if adresse is None else adresse, mask=~au_pro),
            "adresse_patient": pa.array(self._adresses_patient(patient_ecrit)),
            "lot": pa.array(np.full(nombre, -1) if lot is None else lot),
        }
        biologie = type_code == CR_BIO
        for choix, est_oru in ((~biologie, False), (biologie, True)):
            lignes = np.flatnonzero(choix)
            relation = pa.table({nom: colonne.take(pa.array(lignes)) for nom, colonne in colonnes.items()})
            self.archive.ajouter(relation, envoi[lignes], self._segments(est_oru))
        return numeros

    def _adresses_patient(self, rangs: Tableau) -> Tableau:
        matricules = self.patients.matricule[np.maximum(rangs, 0)].astype("U16")
        matricules = np.where(matricules == "", "inconnu", matricules)
        return np.where(rangs >= 0, np.char.add(matricules, "@patient.mssante.fr"), "")

    def _segments(self, est_oru: bool) -> tuple[str, ...]:
        """Return the segments of a message that carries a document."""
        evenement = "case operation when 0 then 'T02' when 1 then 'T10' else 'T04' end"
        profil = "case when lot >= 0 then '1.2^CISIS_CDA_HL7_V1' else '2.1^CISIS_CDA_HL7_V2' end"
        genre = "'ORU^R01^ORU_R01'" if est_oru else f"concat('MDM^', {evenement}, '^MDM_T02')"
        identifiant = "'D', lpad({0}::varchar, 8, '0')"
        msh = entete(_emetteur(est_oru), "'PFI-DEMO'", genre, profil, "2.5" if est_oru else "2.6")
        classe = "case when iep = '' then 'N' else 'I' end"
        venue = f"case when iep <> '' then concat(iep, '^^^{ORGANISATION}&{self.finess}&N^VN') end"
        statut = "case operation when 0 then 'F' when 1 then 'C' else 'D' end"
        code = "type_code, '^', libelle, '^', systeme"
        remplace = f"case when operation = {REMPLACEMENT} then concat({identifiant.format('remplace')}) end"
        txa = segment(
            "'TXA|1|', type_code, '|TEXT|'", instant("creation"), f"'||||||||', {identifiant.format('document')}",
            f"'|', {remplace}, '||||AU'",
        )  # fmt: skip
        destinataire = segment(
            "'PRT||UC||RCT^^participation|', destinataire, '^MÉDECIN^DÉMO^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^RPPS'",
            f"'{'|' * 10}^NET^X.400^dr.', lpad(adresse::varchar, 6, '0'), '@medecin.mssante.fr'",
        )
        au_patient = segment(f"'PRT||UC||RCT^^participation{'|' * 11}^NET^X.400^'", "adresse_patient")
        auteur = segment(
            f"'PRT||UC||SB^^participation||||{ORGANISATION}^^^^^ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO^FINEJ^^^', producteur"
        )
        return (
            msh,
            "''" if est_oru else segment("'EVN||'", instant("date")),
            patient(self.finess, "iep"),
            segment("'PV1|1|'", classe, f"'{'|' * 17}'", venue),
            segment("'ORC|', case operation when 0 then 'NW' when 1 then 'RO' else 'CA' end"),
            segment("'OBR|1|||'", code),
            "''" if est_oru else txa,
            segment("'OBX|1|ED|'", code, "'||^text^XML^Base64^'", f"to_base64(encode({self._cda()}))", "'||||||'", statut),
            si("producteur is not null", auteur),
            si("adresse is not null", destinataire),
            si("adresse_patient <> ''", au_patient),
            *(
                segment(f"'OBX|{rang}|CE|{nom}^{libelle}^MetaDMPMSS||', {valeur}, '^^expandedYes-NoIndicator||||||F'")
                for rang, (nom, libelle, valeur) in enumerate(
                    (
                        ("INVISIBLE_PATIENT", "Document Non Visible par le patient", "'N'"),
                        ("DESTDMP", "Destinataire DMP", "vers_dmp"),
                        ("DESTMSSANTEPS", "Destinataire professionnel", "vers_pro"),
                        ("DESTMSSANTEPAT", "Destinataire Patient", "vers_patient"),
                        ("ACK_RECEPTION", "Accusé de réception", "'Y'"),
                    ),
                    start=2,
                )
            ),
            si("lot >= 0", segment("'OBX|7|CE|COMP_LOT^Lot de soumission||LOT', lpad(lot::varchar, 8, '0'), '||||||F'")),
            si("vers_pro = 'Y'", segment("'OBX|8|ED|CORPSMAIL_PS^Corps du mail^MetaDMPMSS||^text^^Base64^VmV1aWxsZXogdHJvdXZlcg==||||||F'")),
        )  # fmt: skip

    @staticmethod
    def _cda() -> str:
        """Return the SQL expression of a CDA R2 document: a full header, a short body.

        Identifiers are those of the tables, in the root (a locally reserved identifier): a sending left to the tables
        names the same document as the messages do.
        """
        systeme = "case systeme when 'LN' then '2.16.840.1.113883.6.1' else '1.2.250.1.213.1.1.4.12' end"
        ins = "case when ins <> '' then concat('<id root=\"', ins_oid, '\" extension=\"', ins, '\"/>') end"
        examen = (
            'case when modalite is not null then concat(\'<documentationOf><serviceEvent><code code="18748-4"'
            ' codeSystem="2.16.840.1.113883.6.1"><translation code="\', modalite, \'"'
            ' codeSystem="1.2.840.10008.2.16.4"/></code></serviceEvent></documentationOf>\') end'
        )
        destinataire = (
            "case when ecrit_a is not null then concat('<informationRecipient><intendedRecipient>"
            "<id root=\"1.2.250.1.71.4.2.1\" extension=\"100', lpad(ecrit_a::varchar, 8, '0'),"
            " '\"/></intendedRecipient></informationRecipient>') end"
        )
        corps = (
            'case niveau when 0 then \'<nonXMLBody><text mediaType="application/pdf" representation="B64">JVBERi0xLjQK'
            "</text></nonXMLBody>' else '<structuredBody><component><section><text>Compte rendu</text></section></component>"
            "</structuredBody>' end"
        )
        numero = "lpad({0}::varchar, 8, '0')"
        return (
            'concat(\'<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3"><realmCode code="FR"/>'
            '<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/><templateId root="2.16.840.1.113883.2.8.2.1"/>'
            f'<templateId root="1.2.250.1.213.1.1.1.1"/><id root="D\', {numero.format("document")},'
            f" '\"/><code code=\"', type_code, '\" codeSystem=\"', {systeme}, '\"/><title>Document de démonstration</title>"
            f'<effectiveTime value="\', {instant("creation")}, {zone("creation")}, \'"/><confidentialityCode code="N"'
            ' codeSystem="2.16.840.1.113883.5.25"/><languageCode code="fr-FR"/>'
            f"<setId root=\"L', {numero.format('lot_document')}, '\"/><versionNumber value=\"', version, '\"/>"
            f"<recordTarget><patientRole>', {ins}, '<id root=\"{OID_PATIENTS}\" extension=\"', ipp, '\"/></patientRole></recordTarget>',"
            f" {destinataire}, {examen}, '<componentOf><encompassingEncounter/></componentOf><component>', {corps},"
            " '</component></ClinicalDocument>')"
        )

    def _acquitter(
        self,
        document: Tableau,
        numeros: pa.Array,
        envoi: Tableau,
        statut: Tableau,
        mss: tuple[Tableau, Tableau] | None,
    ) -> None:
        """Add what came back: technical acceptance of some messages, business acknowledgement of those answered.

        Args:
            document: row number of the version that each message carries.
            numeros: numbers of the messages.
            envoi: instant of each of them.
            statut: final state of each sending.
            mss: for MSSanté, number of the address and row number of the patient written to.
        """
        nombre = len(envoi)
        evenement, accuse = ("Z01", "ACK_RECEPTION_DMP^Accusé de réception DMP") if mss is None else (
            "Z02", "ACK_RECEPTION_MSS^Accusé de réception MSSanté")  # fmt: skip
        repondu = np.flatnonzero(statut <= ECHEC)
        techniques = np.flatnonzero(tirer(self.rng, 0.1, nombre))
        for lignes, zam in ((repondu, True), (techniques, False)):
            # Answers go back to the application that sent the message.
            colonnes = {
                "vise": numeros.take(pa.array(lignes)),
                "succes": pa.array(np.where(statut[lignes] == REUSSI, "Y", "N")),
                "biologie": pa.array(self.documents.type_code[document[lignes]] == CR_BIO),
            }
            if mss is not None:
                pro = mss[1][lignes] < 0
                adresses = np.char.add("dr.", zeros_devant(np.maximum(mss[0][lignes], 0).astype("U6"), 6))
                adresses = np.char.add(adresses, "@medecin.mssante.fr")
                colonnes["adresse"] = pa.array(np.where(pro, adresses, self._adresses_patient(mss[1][lignes])))
            delai = self.rng.integers(5, 60 if not zam else 3 * 3600, len(lignes))
            dates = envoi[lignes] + delai
            retour = f"case when biologie then {_emetteur(True)} else {_emetteur(False)} end"
            msh = entete("'PFI-DEMO'", retour, f"'ZAM^{evenement}^ZAM_Z01'" if zam else "'ACK^T02^ACK'",
                         "'2.1^CISIS_CDA_HL7_V2'", "2.6")  # fmt: skip
            if zam:
                erreur = segment(
                    "'ERR|||207^Application internal error^messageErrorCondition|E|XDSRegistryError^Erreur^DMP_ERROR_CODE'"
                )
                suite = [
                    segment("'EVN||'", instant("date")),
                    segment(f"'OBX|1|CWE|{accuse}^AckMetierZAM|', vise, '|', succes, '^^expandedYes-NoIndicator||||||F'"),
                ]
                if mss is not None:
                    suite.append(
                        segment("'OBX|2|XTN|DESTINATAIRE_MSS^Destinataire MSSanté^AckMetierZAM||^^X.400^', adresse, '||||||F'")
                    )
                suite.append(si("succes = 'N'", erreur))
            else:
                suite = [segment("'MSA|AA|', vise")]
            self.retours.ajouter(pa.table(colonnes), dates, (msh, *suite))

    def _recus(self) -> None:
        """Add a few documents received from outside by MSSanté: they are no production of the establishment."""
        lignes = np.flatnonzero(self.portes & (self.documents.type_code == TYPE["11488-4"]))[::97][:6]
        if not len(lignes):
            return
        colonnes = {"ipp": pa.array(zeros_devant(self.patients.ipp[self.documents.patient[lignes]].astype("U8"), 8))}
        dates = self.documents.creation[lignes] + JOUR
        msh = entete("'PFI-DEMO'", "'DPI-DEMO'", "'MDM^T02^MDM_T02'", "'1.1^CISIS_CDA_HL7_LPS'", "2.6")
        self.archive.ajouter(
            pa.table(colonnes),
            dates,
            (
                msh,
                segment("'PID|1||', ipp, '^^^EXTERIEUR^PI'"),
                segment("'PV1|1|N'"),
                segment("'ORC|NW'"),
                segment("'OBR|1|||11488-4^CR ou fiche de consultation ou de visite^LN'"),
                segment("'TXA|1|11488-4|TEXT|'", instant("date"), "'||||||||EXT-'", "numero"),
                segment("'OBX|1|ED|1^XDM/1.0/DDM+CR de consultation||^text^XML^Base64^RXh0w6lyaWV1cg==||||||F'"),
            ),
        )


def _emetteur(laboratoire: bool) -> str:
    """Return the SQL literal of the application that produces a document: the laboratory's, else the record's."""
    return "'LABO-DEMO'" if laboratoire else "'DPI-DEMO'"
