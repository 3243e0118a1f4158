"""Documents and their sendings as MDM and ORU messages with a CDA inside, and the acknowledgements that come back."""

from typing import Any

import numpy as np

from .calendrier import JOUR
from .documents import CR_BIO, CR_IMAGERIE, CRC, ORDONNANCES, TYPES
from .echanges import AJOUT, ECHEC, EN_COURS, REMPLACEMENT, REUSSI, SUPPRESSION, adresses_patients
from .hasard import tirer
from .lignes import Lignes, Tableau, Texte
from .messages import Archive, nul
from .messages_gam import OIDS
from .patients import QUALIFIEE, VALIDEE
from .site import Site

LABORATOIRE_EXTERIEUR = "999999999"
LIBELLES = {
    "11490-0": "Lettre de liaison à la sortie d'un établissement de soins",
    "34112-3": "CR hospitalier (séjour)",
    "34874-8": "CR opératoire",
    "11488-4": "CR ou fiche de consultation ou de visite",
    "11502-2": "CR d'examens biologiques",
    "18748-4": "CR d'imagerie médicale",
}
# In the order of the values of modalite_imagerie.
DICOM = ("CR", "MG", "CT", "MR", "US", "NM")


class MessagesDocuments:
    """Writes the document messages of one establishment, for the part of its activity that they can carry.

    Messages say nothing of scanned papers, of documents that are not CDA, of decisions not to send, of the campaign
    of earlier documents, nor of answers still awaited: those rows stay in the tables.

    Args:
        site: the establishment.
        tables: its flux by name.
    """

    def __init__(self, site: Site, tables: dict[str, Lignes]) -> None:
        """Tell which documents (`portes`), sendings and MSSanté messages travel as messages."""
        self.site, self.rng, self.iep = site, site.hasard("dpi/hl7"), tables["dpi/documents"].iep
        constantes = {"finess": site.finess, "tmp": ""}
        self.archive = Archive(site.depot, f"{site.finess}/dpi/hl7", "DOC", **constantes)
        self.retours = Archive(site.depot, f"{site.finess}/dpi/hl7", "ACK", **constantes)
        d, p, envois, messages = site.documents, site.patients, site.envois, site.messages
        ins_possible = (np.char.str_len(p.matricule) == 15) & (p.ins_oid >= 0)
        dicible = (d.niveau_cda >= 0) & ~d.numerise & d.entete_structuree & d.consultable_services & ~d.non_transmission
        dicible &= (~d.ins_qualifiee | ins_possible[d.patient]) & ((d.type_code != CR_BIO) | (d.categorie_biologie == 0))
        # All the versions of a document travel the same way.
        refuses = np.bincount(d.set_id, weights=~dicible, minlength=int(d.set_id.max(initial=0)) + 1)
        self.portes = refuses[d.set_id] == 0
        self.envois_portes = (envois.document >= 0) & self.portes[envois.document] & ~envois.reprise_historique
        self.envois_portes &= envois.statut != EN_COURS
        self.messages_portes = (messages.document >= 0) & self.portes[messages.document] & (messages.statut != EN_COURS)
        self.messages_portes &= (messages.canal == 1) | (messages.enveloppe_xdm == 1)
        # The version that each one replaces, itself when it is the first.
        ordre = np.lexsort((d.version, d.set_id))
        self.precedent = np.arange(len(d))
        suite = d.set_id[ordre][1:] == d.set_id[ordre][:-1]
        self.precedent[ordre[1:][suite]] = ordre[:-1][suite]

    def ecrire(self) -> dict[str, Tableau]:
        """Write the messages and the acknowledgements.

        Returns:
            by flux, which rows no message says.
        """
        d, venues = self.site.documents, self.site.venues
        t = self.site.envois.prendre(self.envois_portes)
        numeros = self._envoyer(t.document, t.date_envoi, t.operation, self.iep[t.document], vers_dmp="Y", lot=t.lot_id)
        self._acquitter(t, numeros, "DMP")

        m = self.site.messages.prendre(self.messages_portes)
        iep = np.where(m.venue >= 0, venues.iep[m.venue], -1)
        m.au_patient = m.canal == 1
        operation = np.where(d.version[m.document] == 1, AJOUT, REMPLACEMENT)
        pros = [f"dr.{numero:06d}@medecin.mssante.fr" for numero in range(int(m.adresse.max(initial=0)) + 1)]
        m.adresse = np.where(m.au_patient, len(pros) + m.patient, m.adresse)
        adresses = Texte(m.adresse, pros + adresses_patients(self.site))
        yn = {"vers_pro": Texte(m.au_patient.astype(int), "YN"), "vers_patient": Texte(m.au_patient.astype(int), "NY")}
        numeros = self._envoyer(m.document, m.date_envoi, operation, iep, **yn, destinataire=m.correspondant, adresse=adresses)
        self._acquitter(m, numeros, "MSS", adresses)

        # The last message of a version says its venue, and its CDA the correspondent it is written to. When that message
        # names another venue, or a recipient that the document does not, or when there is none, the version is filed
        # once more in the archive, without any recipient.
        fidele = (iep == self.iep[m.document]) & ((d.correspondant[m.document] >= 0) | (m.correspondant < 0))
        ajouts = t.prendre(t.operation != SUPPRESSION)
        vus, quand = np.concatenate([ajouts.document, m.document]), np.concatenate([ajouts.date_envoi, m.date_envoi])
        bons = np.concatenate([np.ones(len(ajouts), dtype=bool), fidele])
        dernier, suit = np.full(len(d), -1), np.zeros(len(d), dtype=bool)
        # Of two messages of the same second, the one that says otherwise may be read last.
        ordre = np.lexsort((~bons, quand))
        dernier[vus[ordre]] = quand[ordre]
        suit[vus[ordre]] = bons[ordre]
        a_classer = np.flatnonzero(self.portes & ~suit)
        date = np.maximum(dernier[a_classer], d.date_creation[a_classer]) + 120
        operation = np.where(d.version[a_classer] == 1, AJOUT, REMPLACEMENT)
        self._envoyer(a_classer, date, operation, self.iep[a_classer])
        self._recus()
        self.archive.ecrire("hl7")
        self.retours.ecrire("er7")
        return {
            "dpi/documents": ~self.portes,
            "dpi/transmissions_dmp": ~self.envois_portes,
            "dpi/transmissions_mss": ~self.messages_portes,
        }

    def _envoyer(self, document: Tableau, envoi: Tableau, operation: Tableau, iep: Tableau, **choix: Any) -> Tableau:
        """Add one message per sending, and return their numbers.

        Args:
            document: row number of the version.
            envoi: instant, seconds.
            operation: AJOUT, REMPLACEMENT or SUPPRESSION.
            iep: venue that the message names, -1 when none.
            choix: columns of the destinations: vers_dmp, vers_pro, vers_patient (Y or N), destinataire (row number of the
                correspondent, -1 when not named), adresse, lot (submission set, -1 when not said).
        """
        d, p = self.site.documents.prendre(document), self.site.patients.prendre(self.site.documents.patient[document])
        nombre, aucun = len(document), np.full(len(document), -1)
        destinations = dict.fromkeys(("vers_dmp", "vers_pro", "vers_patient"), "N")
        choix = {**destinations, "adresse": "", **dict.fromkeys(("destinataire", "lot"), aucun), **choix}
        lot = np.where(np.isin(d.type_code, ORDONNANCES), choix["lot"], -1)
        biologie = d.type_code == CR_BIO
        valide = d.ins_qualifiee | (p.statut_identite == QUALIFIEE) | (p.statut_identite == VALIDEE)
        numeros = self.archive.numeros(nombre)
        prescription = np.array([code.startswith("PRESC") for code in TYPES])
        genres = [f"MDM^{evenement}^MDM_T02" for evenement in ("T02", "T10", "T04")]
        colonnes = choix | {
            "emetteur": _emetteur(biologie),
            "recepteur": "PFI-DEMO",
            "genre": Texte(np.where(biologie, 3, operation), [*genres, "ORU^R01^ORU_R01"]),
            "version": Texte(biologie.astype(int), ("2.6", "2.5")),
            "profil": Texte((lot < 0).astype(int), ("1.2^CISIS_CDA_HL7_V1", "2.1^CISIS_CDA_HL7_V2")),
            "numero": numeros,
            "ipp": p.ipp,
            "ins": np.where(d.ins_qualifiee, p.matricule.astype("U16"), ""),
            "ins_oid": Texte(p.ins_oid, OIDS),
            "naissance": p.date_naissance,
            "sexe": Texte(p.sexe, "MFU"),
            "fiabilite": Texte(valide.astype(int), ("PROV", "VALI")),
            "iep": nul(iep),
            "type_code": Texte(d.type_code, TYPES),
            "libelle": Texte(d.type_code, [LIBELLES.get(code, "Document") for code in TYPES]),
            "systeme": Texte(prescription[d.type_code].astype(int), ("LN", "TRE_A05")),
            "document": document + 1,
            "remplace": nul(self.precedent[document] + 1, operation != REMPLACEMENT),
            "set_id": d.set_id,
            "ecrit_a": nul(d.correspondant + 1, d.correspondant < 0),
            "version_document": d.version,
            "niveau_cda": d.niveau_cda,
            "date_creation": d.date_creation,
            "ordre": Texte(operation, ("NW", "RO", "CA")),
            "etat": Texte(operation, "FCD"),
            "modalite": Texte(np.where(d.type_code == CR_IMAGERIE, d.modalite_imagerie, -1), DICOM),
            "producteur": Texte(d.producteur, (self.site.finess, LABORATOIRE_EXTERIEUR)),
            "destinataire": nul(choix["destinataire"] + 1, choix["destinataire"] < 0),
            "lot": nul(lot),
        }
        for rangs, noms in ((~biologie, "EVN PID DEBUT TXA FIN"), (biologie, "PID DEBUT FIN")):
            self.archive.ajouter(noms, envoi[rangs], **_prendre(colonnes, np.flatnonzero(rangs)))
        return numeros

    def _acquitter(self, envois: Lignes, numeros: Tableau, vers: str, adresses: Texte | None = None) -> None:
        """Add what came back: technical acceptance of some messages, business acknowledgement of those answered.

        Args:
            envois: the sendings.
            numeros: numbers of the messages that carry them.
            vers: DMP or MSS.
            adresses: MSSanté addresses written to.
        """
        evenement, cible = ("Z01", "DMP") if vers == "DMP" else ("Z02", "MSSanté")
        repondu = np.flatnonzero(envois.statut <= ECHEC)
        techniques = np.flatnonzero(tirer(self.rng, 0.1, len(envois)))
        colonnes = {
            "vise": numeros,
            "succes": Texte((envois.statut != REUSSI).astype(int), "YN"),
            # Answers go back to the application that sent the message.
            "recepteur": _emetteur(self.site.documents.type_code[envois.document] == CR_BIO),
            "emetteur": "PFI-DEMO",
            "profil": "2.1^CISIS_CDA_HL7_V2",
            "version": "2.6",
            "accuse": f"ACK_RECEPTION_{vers}^Accusé de réception {cible}",
            "adresse": adresses or "",
        }
        for rangs, delai, genre, noms in (
            (repondu, 3 * 3600, f"ZAM^{evenement}^ZAM_Z01", "EVN ZAM"),
            (techniques, 60, "ACK^T02^ACK", "MSA"),
        ):
            dates = envois.date_envoi[rangs] + self.rng.integers(5, delai, len(rangs))
            self.retours.ajouter(noms, dates, genre=genre, **_prendre(colonnes, rangs))

    def _recus(self) -> None:
        """Add a few documents received from outside by MSSanté: they are no production of the establishment."""
        rangs = np.flatnonzero(self.portes & (self.site.documents.type_code == CRC))[::97][:6]
        d = self.site.documents.prendre(rangs)
        entete = {"emetteur": "PFI-DEMO", "recepteur": "DPI-DEMO", "genre": "MDM^T02^MDM_T02", "version": "2.6"}
        entete["profil"] = "1.1^CISIS_CDA_HL7_LPS"
        self.archive.ajouter("RECU", d.date_creation + JOUR, ipp=self.site.patients.ipp[d.patient], **entete)


def _prendre(colonnes: dict[str, Any], rangs: Tableau) -> dict[str, Any]:
    """Return the columns of some of the messages; a text is that of all."""
    return {nom: valeurs if isinstance(valeurs, str) else valeurs[rangs] for nom, valeurs in colonnes.items()}


def _emetteur(laboratoire: Tableau) -> Texte:
    """Return the application that produces each document: the laboratory's, else the record's."""
    return Texte(laboratoire.astype(int), ("DPI-DEMO", "LABO-DEMO"))
