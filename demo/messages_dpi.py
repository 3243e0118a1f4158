"""Documents and their sendings as MDM and ORU messages with a CDA inside, and the acknowledgements that come back."""

from typing import Any

import numpy as np

from .calendrier import JOUR
from .documents import CR_BIO, CR_IMAGERIE, CRC, ORDONNANCES, TYPES
from .echanges import AJOUT, ECHEC, EN_COURS, REMPLACEMENT, REUSSI, SUPPRESSION, destinataires
from .hasard import tirer
from .lignes import Lignes, Tableau, Texte
from .messages import DONNEES, Archive, nul
from .messages_gam import OIDS
from .patients import QUALIFIEE, VALIDEE
from .site import Site

EXTERIEUR = "999999999"
"""FINESS of the laboratory of a subcontracted report."""
# In the order of the values of modalite_imagerie.
DICOM = ("CR", "MG", "CT", "MR", "US", "NM")


class MessagesDocuments:
    """Writes the document messages of one establishment, for the part of its activity that they can carry.

    Messages say nothing of scanned papers, of documents that are not CDA, of decisions not to send, of the campaign
    of earlier documents, nor of answers still awaited: those rows stay in the tables.
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
        """Write the messages and the acknowledgements, and return by flux which rows no message says."""
        d, venues = self.site.documents, self.site.venues
        t = self.site.envois.prendre(self.envois_portes)
        numeros = self._envoyer(t.document, t.date_envoi, t.operation, self.iep[t.document], vers_dmp="Y", lot=t.lot_id)
        self._acquitter(t, numeros, "DMP")

        m = self.site.messages.prendre(self.messages_portes)
        iep = np.where(m.venue >= 0, venues.iep[m.venue], -1)
        operation = np.where(d.version[m.document] == 1, AJOUT, REMPLACEMENT)
        vers = {"vers_pro": Texte(m.canal, "YN"), "vers_patient": Texte(m.canal, "NY"), "adresse": destinataires(self.site, m)}
        numeros = self._envoyer(m.document, m.date_envoi, operation, iep, **vers, destinataire=m.correspondant)
        self._acquitter(m, numeros, "MSS", vers["adresse"])

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
        reste = {"dpi/documents": ~self.portes, "dpi/transmissions_dmp": ~self.envois_portes}
        return reste | {"dpi/transmissions_mss": ~self.messages_portes}

    def _envoyer(self, document: Tableau, envoi: Tableau, operation: Tableau, iep: Tableau, **choix: Any) -> Tableau:
        """Add one message per sending of a version (row number) at an instant, and return their numbers.

        `iep` is the venue that a message names, -1 when none; `choix` has the columns of the destinations: vers_dmp, vers_pro,
        vers_patient (Y or N), destinataire (row number of the correspondent, -1), adresse, lot (submission set, -1).
        """
        d, p = self.site.documents.prendre(document), self.site.patients.prendre(self.site.documents.patient[document])
        aucun, biologie = np.full(len(document), -1), d.type_code == CR_BIO
        lot = np.where(np.isin(d.type_code, ORDONNANCES), choix.pop("lot", aucun), -1)
        destinataire = choix.pop("destinataire", aucun)
        valide = d.ins_qualifiee | (p.statut_identite == QUALIFIEE) | (p.statut_identite == VALIDEE)
        prescription = np.array([code.startswith("PRESC") for code in TYPES])[d.type_code]
        genres = [f"MDM^{evenement}^MDM_T02" for evenement in ("T02", "T10", "T04")]
        m = Lignes(date=envoi, numero=self.archive.numeros(len(document)), ipp=p.ipp, naissance=p.date_naissance)
        m.ins, m.ins_oid = np.where(d.ins_qualifiee, p.matricule.astype("U16"), ""), Texte(p.ins_oid, OIDS)
        m.sexe, m.fiabilite = Texte(p.sexe, "MFU"), Texte(valide.astype(int), ("PROV", "VALI"))
        m.emetteur, m.norme = _emetteur(biologie), Texte(biologie.astype(int), ("2.6", "2.5"))
        m.genre = Texte(np.where(biologie, 3, operation), [*genres, "ORU^R01^ORU_R01"])
        m.profil = Texte((lot < 0).astype(int), ("1.2^CISIS_CDA_HL7_V1", "2.1^CISIS_CDA_HL7_V2"))
        m.iep, m.lot, m.destinataire = nul(iep), nul(lot), nul(destinataire + 1, destinataire < 0)
        m.type_code = Texte(d.type_code, list(TYPES))
        m.libelle = Texte(d.type_code, [DONNEES["libelles"].get(code, "Document") for code in TYPES])
        m.systeme = Texte(prescription.astype(int), ("LN", "TRE_A05"))
        m.document, m.remplace = document + 1, nul(self.precedent[document] + 1, operation != REMPLACEMENT)
        m.set_id, m.version, m.niveau_cda, m.date_creation = d.set_id, d.version, d.niveau_cda, d.date_creation
        m.ecrit_a = nul(d.correspondant + 1, d.correspondant < 0)
        m.producteur = Texte(d.producteur, (self.site.finess, EXTERIEUR))
        m.ordre, m.etat = Texte(operation, ("NW", "RO", "CA")), Texte(operation, "FCD")
        m.modalite = Texte(np.where(d.type_code == CR_IMAGERIE, d.modalite_imagerie, -1), DICOM)
        communs = {"recepteur": "PFI-DEMO", "vers_dmp": "N", "vers_pro": "N", "vers_patient": "N", "adresse": ""}
        for nom, valeurs in (communs | choix).items():
            vars(m)[nom] = Texte(np.zeros(len(document), dtype=np.int8), (valeurs,)) if isinstance(valeurs, str) else valeurs
        self.archive.ajouter("EVN PID DEBUT TXA FIN", m.prendre(~biologie))
        self.archive.ajouter("PID DEBUT FIN", m.prendre(biologie))
        return m.numero

    def _acquitter(self, envois: Lignes, numeros: Tableau, vers: str, adresses: Texte | None = None) -> None:
        """Add what came back: technical acceptance of some messages, business acknowledgement of those answered.

        The sendings are to the DMP, or by MSSanté to addresses; their messages have numbers.
        """
        evenement, cible = ("Z01", "DMP") if vers == "DMP" else ("Z02", "MSSanté")
        repondu, techniques = envois.statut <= ECHEC, tirer(self.rng, 0.1, len(envois))
        retours = Lignes(vise=numeros, succes=Texte((envois.statut != REUSSI).astype(int), "YN"))
        # Answers go back to the application that sent the message.
        retours.recepteur = _emetteur(self.site.documents.type_code[envois.document] == CR_BIO)
        retours.adresse = adresses or Texte(np.full(len(envois), -1), ())
        communs = {"emetteur": "PFI-DEMO", "profil": "2.1^CISIS_CDA_HL7_V2", "norme": "2.6"}
        communs["accuse"] = f"ACK_RECEPTION_{vers}^Accusé de réception {cible}"
        for choisis, delai, genre, noms in (
            (repondu, 3 * 3600, f"ZAM^{evenement}^ZAM_Z01", "EVN ZAM"),
            (techniques, 60, "ACK^T02^ACK", "MSA"),
        ):
            partie = retours.prendre(choisis)
            partie.date = envois.date_envoi[choisis] + self.rng.integers(5, delai, len(partie))
            self.retours.ajouter(noms, partie, genre=genre, **communs)

    def _recus(self) -> None:
        """Add a few documents received from outside by MSSanté: they are no production of the establishment."""
        rangs = np.flatnonzero(self.portes & (self.site.documents.type_code == CRC))[::97][:6]
        d = self.site.documents.prendre(rangs)
        communs = {"emetteur": "PFI-DEMO", "recepteur": "DPI-DEMO", "genre": "MDM^T02^MDM_T02", "norme": "2.6"}
        recus = Lignes(date=d.date_creation + JOUR, ipp=self.site.patients.ipp[d.patient])
        self.archive.ajouter("RECU", recus, profil="1.1^CISIS_CDA_HL7_LPS", **communs)


def _emetteur(laboratoire: Tableau) -> Texte:
    """Return the application that produces each document: the laboratory's, else the record's."""
    return Texte(laboratoire.astype(int), ("DPI-DEMO", "LABO-DEMO"))
