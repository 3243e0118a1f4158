"""Admissions, movements and identities of one establishment as IHE PAM France messages."""

import numpy as np
import pyarrow as pa

from .calendrier import JOUR
from .hasard import tirer
from .lignes import NUL, Lignes, Tableau, Texte
from .messages import DONNEES, Archive, message, nul
from .patients import QUALIFIEE, VALIDEE
from .site import SORTE, SORTES, Site
from .structures import VALEURS

OIDS, STATUTS_DMP = VALEURS["ins_oid"], VALEURS["statut_dmp"]
# MSH-9.3 by event.
STRUCTURES = {
    "A01": "ADT_A01", "A02": "ADT_A02", "A03": "ADT_A03", "A04": "ADT_A01", "A05": "ADT_A05", "A06": "ADT_A06", "A11": "ADT_A09",
    "A13": "ADT_A01", "A28": "ADT_A05", "A31": "ADT_A05", "A40": "ADT_A39", "A47": "ADT_A30", "Z99": "ADT_A01",
}  # fmt: skip
MODES_PMSI = {"DOMICILE": "8", "TRANSFERT": "7", "MUTATION": "6", "DECES": "9", "AUTRE": "4"}
IDENTITE = "EVN PID PV1_IDENTITE"
MOUVEMENT = "EVN PID PV1 ZBE"


class MessagesGam:
    """Writes the ADT messages of one establishment, from its flux by name: venues, identities, DMP states, correspondents."""

    def __init__(self, site: Site, tables: dict[str, Lignes]) -> None:
        """Keep what the messages are made from."""
        self.site, self.rng, self.tables = site, site.hasard("gam/hl7"), tables
        constantes = {"emetteur": "GAM-DEMO", "recepteur": "EAI-DEMO", "profil": "2.11^IHE_FRANCE-2.11-PAM", "tmp": ""}
        constantes |= {"norme": "2.5^FRA^2.11", "finess": site.finess, "action": "INSERT", "origine": ""}
        self.archive = Archive(site.depot, f"{site.finess}/gam/hl7", "ADT", **constantes)
        # PV1-2: hospitalised, emergency, outpatient, recurring.
        recurrente = site.venues_de("transfusion") | site.venues.serie
        self.classe = np.select([site.venues_de("urgences"), site.venues_de("externe"), recurrente], [1, 2, 3])
        self.sortie_connue = (site.venues.date_sortie != NUL) & (site.venues.jour_sortie <= site.calendrier.fin)

    def ecrire(self) -> dict[str, Tableau]:
        """Write the messages, and return by flux which rows none of them says."""
        provisoires = self._identites()
        self._admissions(provisoires)
        self._mouvements()
        self._sorties()
        self._annulees()
        entete, mauvais = DONNEES["entete_mauvais"], enumerate(DONNEES["mauvais"], start=1)
        self.archive.ecrire("hl7", [(entete.format(genre, rang) + suite, *faute) for rang, (genre, suite, *faute) in mauvais])
        dites = ("gam/patients", "gam/statuts_dmp", "gam/venues_correspondants")
        reste = {flux: np.zeros(len(self.tables[flux].evenement), dtype=bool) for flux in dites}
        return reste | {"gam/venues": self.site.venues_de("externe")}

    def _envoyer(self, evenement: str, noms: str, lignes: Lignes, **communs: str) -> None:
        self.archive.ajouter(noms, lignes, genre=f"ADT^{evenement}^{STRUCTURES[evenement]}", **communs)

    def _personne(self, rangs: Tableau, dates: Tableau) -> Lignes:
        """Return the columns of the PID segment of patients (row numbers), as they are known at the date of each message."""
        p = self.site.patients.prendre(rangs)
        qualifiee = (p.statut_identite == QUALIFIEE) & (p.qualifie_le <= dates // JOUR)
        validee = qualifiee | (p.statut_identite == VALIDEE)
        fiabilites = [f"{v}{d}{f}" for f in ("", "~FICT") for d in ("", "~DOUT") for v in ("PROV", "VALI")]
        lignes = Lignes(date=dates, ipp=p.ipp, ins_oid=Texte(p.ins_oid, OIDS), sexe=Texte(p.sexe, "MFU"))
        lignes.ins, lignes.iep = np.where(qualifiee, p.matricule.astype("U16"), ""), nul(np.full(len(rangs), -1))
        lignes.fiabilite = Texte(validee + 2 * p.identite_douteuse + 4 * p.identite_fictive, fiabilites)
        # An identity that the export of the GAM lacks has no birth date here: it makes no patient.
        lignes.naissance = nul(p.date_naissance, ~p.connu)
        return lignes

    def _venue(self, rangs: Tableau, dates: Tableau, mouvement: Tableau, ordre: int, *ailleurs: Tableau) -> Lignes:
        """Return the columns of the PID, PV1 and ZBE segments of venues (row numbers).

        Beside the instants of each message and movement, `ordre` is the rank of the movement in the venue; `ailleurs` has the
        units (row numbers) and the classes, when they are not those of the venues.
        """
        v, unites = self.site.venues.prendre(rangs), self.site.unites
        uf, classe = ailleurs or (v.uf, self.classe[rangs])
        # The mode of treatment is rarely filled: the unit says what is missing.
        rempli = (v.iep % 3 == 0) & (classe == self.classe[rangs])
        lignes = self._personne(v.patient, dates)
        lignes.iep, lignes.mouvement, lignes.ordre = v.iep, mouvement, np.full(len(rangs), ordre)
        lignes.classe, lignes.admission = Texte(classe, "IEOR"), v.date_entree
        lignes.uf, lignes.site = unites.uf[uf], Texte(unites.lieu[uf], self.site.finess_geo)
        lignes.traitement = Texte(np.where(rempli, v.sorte, -1), [sorte.get("traitement", "") for sorte in SORTES.values()])
        return lignes

    def _constater(self, lignes: Lignes, rangs: Tableau) -> None:
        """Add the columns of the ZFA segment of some tests of the DMP (row numbers, -1: none)."""
        lus = self.tables["gam/statuts_dmp"].prendre(rangs)
        accord = lus.consentement_consultation
        # « Not collected » where nothing was said to the patient.
        recueil = np.where(lus.opposition_alimentation == 1, 0, np.where(lus.information_delivree == 1, 1, 2))
        lignes.constat, lignes.etat = nul(lus.date_constat, rangs < 0), Texte(lus.statut_dmp, STATUTS_DMP)
        lignes.alimentation = Texte(recueil, ("IO", "INO", "NA"))
        lignes.consultation = Texte(np.where(accord < 0, 2, accord), ("INC", "IC", "NA"))

    def _identites(self) -> Tableau:
        """Send the identities: creation, qualification, withdrawal of an INS, merge, tests of the DMP out of any venue.

        Tells, per venue, whether its admission was sent under a temporary number.
        """
        p, v, rng = self.site.patients, self.site.venues, self.rng
        premiere = np.full(len(p), np.iinfo(np.int64).max)
        np.minimum.at(premiere, v.patient, v.date_entree)
        connus = np.flatnonzero(p.connu)

        def envoyer(evenement: str, rangs: Tableau, dates: Tableau, noms: str = IDENTITE) -> None:
            self._envoyer(evenement, noms, self._personne(rangs, dates))

        envoyer("A28", connus, premiere[connus] - 600)
        tardives = connus[(p.statut_identite[connus] == QUALIFIEE) & (p.qualifie_le[connus] > p.premiere[connus])]
        envoyer("A31", tardives, p.qualifie_le[tardives] * JOUR + 12 * 3600)

        # An INS wrongly qualified, then taken away: the identity is provisional again.
        porteurs = connus[(p.statut_identite[connus] < VALIDEE) & (p.ins_oid[connus] >= 0)]
        porteurs = porteurs[(np.char.str_len(p.matricule[porteurs]) == 15) & tirer(rng, 0.25, len(porteurs))]
        retires = self._personne(porteurs, premiere[porteurs] - 500)
        retires.ins = retires.ancien = p.matricule[porteurs].astype("U16")
        self._envoyer("A31", IDENTITE, retires, fiabilite="VALI")
        retires.date = retires.date + 100
        self._envoyer("A47", "EVN PID MRG_INS", retires, ins='""')

        # Admitted under a temporary number, merged an hour later.
        fusions = connus[tirer(rng, 0.02, len(connus))]
        envoyer("A40", fusions, premiere[fusions] + 3600 * 2, "EVN PID MRG_IPP")

        constats = self.tables["gam/statuts_dmp"]
        seuls = np.flatnonzero(constats.iep < 0)
        lignes = self._personne(np.searchsorted(p.ipp, constats.ipp[seuls]), constats.date_constat[seuls])
        self._constater(lignes, seuls)
        self._envoyer("A31", f"{IDENTITE} ZFA", lignes)
        return np.isin(v.patient, fusions) & (v.date_entree == premiere[v.patient])

    def _admissions(self, provisoires: Tableau) -> None:
        """Send the admission of every venue (A01, A04), with its DMP test and its correspondents."""
        v, unites, rng = self.site.venues, self.site.unites, self.rng
        nombre, constats = len(v), self.tables["gam/statuts_dmp"]
        # The test of the DMP made during each venue, -1 when none.
        avec = np.flatnonzero(constats.iep >= 0)
        constat = np.full(nombre, -1)
        constat[np.searchsorted(v.iep, constats.iep[avec])] = avec
        dates = v.date_entree + 60
        dates = np.where(constat >= 0, np.maximum(dates, constats.date_constat[constat] + 30), dates)
        dates = np.where(provisoires, v.date_entree + 30, dates)

        # Emergency visits that become a stay, and stays that begin in another unit.
        urgences = np.flatnonzero(unites.sorte == SORTE["urgences"])
        self.par_urgences = self.site.venues_de("mco_medecine") & tirer(rng, 0.25, nombre) & bool(len(urgences))
        autre_uf = v.uf.copy()
        for sorte in np.unique(v.sorte):
            candidates, rangs = np.flatnonzero(unites.sorte == sorte), np.flatnonzero(v.sorte == sorte)
            autre_uf[rangs] = candidates[(np.searchsorted(candidates, v.uf[rangs]) + 1) % len(candidates)]
        longue = self.sortie_connue & (v.date_sortie - v.date_entree > 2 * JOUR) & (self.classe == 0)
        self.mutees = longue & ~self.par_urgences & (autre_uf != v.uf) & tirer(rng, 0.3, nombre)
        uf = np.where(self.par_urgences, urgences[0] if len(urgences) else v.uf, np.where(self.mutees, autre_uf, v.uf))
        classe = np.where(self.par_urgences, 1, self.classe)
        roles = self._roles()
        for evenement, choisies in (("A01", classe == 0), ("A04", classe != 0)):
            rangs = np.flatnonzero(choisies)
            lignes = self._venue(rangs, dates[rangs], v.date_entree[rangs], 1, uf[rangs], classe[rangs])
            lignes.roles, lignes.tmp = roles.take(pa.array(rangs)), Texte(np.where(provisoires[rangs], 0, -1), ("TMP",))
            self._constater(lignes, constat[rangs])
            self._envoyer(evenement, "EVN PID roles PV1 ZBE ZFA ENTREE", lignes)

    def _roles(self) -> pa.Array:
        """Return, per venue, its ROL segments."""
        liens = self.tables["gam/venues_correspondants"]
        role = Texte(liens.role, ("ODRP", "RP", "RT")).arrow()
        relation = pa.table({"role": role, "correspondant": liens.correspondant_id})
        # Rows come in order of venue: the segments of one venue are already end to end in the text of the column.
        _, positions, octets = self.archive.depot.formuler(relation, message("ROL")).buffers()
        venues = self.site.venues
        premiers = np.searchsorted(np.searchsorted(venues.iep, liens.iep), np.arange(len(venues) + 1))
        bornes = np.frombuffer(positions, dtype=np.int64)[premiers]
        return pa.Array.from_buffers(pa.large_string(), len(venues), [None, pa.py_buffer(bornes), octets])

    def _mouvements(self) -> None:
        """Send preadmissions (A05), entries from the emergency department (A06) and transfers (A02)."""
        v = self.site.venues
        prevues = np.flatnonzero(self.site.venues_de("mco_chirurgie") & tirer(self.rng, 0.3, len(v)))
        dates = v.date_entree[prevues]
        self._envoyer("A05", MOUVEMENT, self._venue(prevues, dates - 5 * JOUR, dates, 0))
        for evenement, choisies, delai in (("A06", self.par_urgences, 3 * 3600), ("A02", self.mutees, JOUR)):
            rangs = np.flatnonzero(choisies)
            quand = v.date_entree[rangs] + delai
            self._envoyer(evenement, MOUVEMENT, self._venue(rangs, quand + 300, quand, 2))

    def _sorties(self) -> None:
        """Send the exits (A03): some cancelled and sent again (A13), some corrected (Z99)."""
        v = self.site.venues
        rangs = np.flatnonzero(self.sortie_connue)
        hasard = self.rng.random(len(rangs))
        stable = (v.date_sortie[rangs] - v.date_entree[rangs]) > 2 * JOUR
        annulee, corrigee = stable & (hasard < 0.06), stable & (hasard > 0.94)
        dites = np.where(annulee | corrigee, v.date_sortie[rangs] - JOUR, v.date_sortie[rangs])
        modes = [MODES_PMSI[mode] for mode in VALEURS["mode_sortie"]]

        def envoyer(evenement: str, lesquelles: Tableau, quand: Tableau, retard: int, ordre: int, **plus: str) -> None:
            venues, quand = rangs[lesquelles], quand[lesquelles]
            lignes = self._venue(venues, quand + retard, quand, ordre)
            lignes.mode = Texte(v.mode_sortie[venues], modes)
            self._envoyer(evenement, f"{MOUVEMENT} ZFM", lignes, **plus)

        envoyer("A03", np.ones(len(rangs), dtype=bool), dites, 300, 3)
        envoyer("A13", annulee, dites, 7200, 3, action="CANCEL", origine="A03")
        envoyer("A03", annulee, v.date_sortie[rangs], 300, 4)
        envoyer("Z99", corrigee, v.date_sortie[rangs], 600, 3, action="UPDATE", origine="A03")

    def _annulees(self) -> None:
        """Send admissions made by mistake, then cancelled (A11): no venue is left of them."""
        v = self.site.venues
        rangs = np.flatnonzero((self.classe == 0) & tirer(self.rng, 0.02, len(v)))
        for evenement, retard, plus in (("A01", 900, {}), ("A11", 2700, {"action": "CANCEL", "origine": "A01"})):
            lignes = self._venue(rangs, v.date_entree[rangs] + retard, v.date_entree[rangs], 1)
            lignes.iep = lignes.iep + 8_000_000
            self._envoyer(evenement, MOUVEMENT, lignes, **plus)
