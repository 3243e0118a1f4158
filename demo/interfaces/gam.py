"""Admissions, movements and identities of one establishment as IHE PAM France messages."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..calendrier import Calendrier, jour_de
from ..colonnes import JOUR, NUL, Table, zeros_devant
from ..depot import Depot
from ..hasard import generateur, tirer
from ..patients import OIDS, QUALIFIEE, Patients
from ..pmsi.largeur import date32, etiquettes
from ..profils import SORTE, Etablissement
from ..structures import Structures
from ..venues import Venues
from .segments import ORGANISATION, Archive, entete, instant, patient, segment, si

Tableau = np.ndarray

APPLICATION = "GAM-DEMO"
VALIDEE = 2

# Per kind of venue: PV1-2, and PV1-21 when the software fills it.
CLASSES = ("I", "E", "O", "R")
_EXTERNE, _URGENCES = SORTE["externe"], SORTE["urgences"]
_SEANCES = (SORTE["transfusion"], SORTE["dialyse"], SORTE["chimiotherapie"], SORTE["radiotherapie"])
_TRAITEMENTS = {
    "mco_medecine": "03", "mco_chirurgie": "03", "smr_complet": "03", "ambu_chirurgie": "23", "ambu_medecine": "04",
    "had": "06", "externe": "07", "urgences": "10", "dialyse": "19", "transfusion": "19",
}  # fmt: skip
# In the order of MODES_SORTIE: home, transfer, mutation, death, other.
_MODES_PMSI = np.array(["8", "7", "6", "9", "4"])
_ROLES = ("ODRP", "RP", "RT")


class MessagesGam:
    """Writes the ADT messages of one establishment.

    Args:
        depot: where to write.
        etablissement: which one.
        calendrier: months covered.
        graine: seed.
        venues: its venues.
        patients: its patients.
        structures: its units.
    """

    def __init__(
        self,
        depot: Depot,
        etablissement: Etablissement,
        calendrier: Calendrier,
        graine: int,
        venues: Venues,
        patients: Patients,
        structures: Structures,
    ) -> None:
        """Keep what the messages are made from."""
        self.etablissement = etablissement
        self.finess = etablissement.finess
        self.calendrier = calendrier
        self.rng = generateur(graine, etablissement.finess, "gam/hl7")
        self.venues = venues
        self.patients = patients
        self.structures = structures
        self.archive = Archive(depot, f"{self.finess}/gam/hl7", "ADT")
        sorte = venues.sorte
        self.classe = np.where(sorte == _URGENCES, 1, np.where(sorte == _EXTERNE, 2, np.where(np.isin(sorte, _SEANCES), 3, 0)))
        self.sortie_connue = (venues.sortie != NUL) & (jour_de(venues.sortie) <= calendrier.fin)

    def ecrire(self, constats: Table, correspondants: Table) -> None:
        """Write the messages that carry the venues, the identities, the DMP states and the correspondents.

        Args:
            constats: flux gam/statuts_dmp.
            correspondants: flux gam/venues_correspondants.
        """
        provisoires = self._identites(constats)
        self._admissions(constats, correspondants, provisoires)
        self._mouvements()
        self._sorties()
        self._annulees()
        self.archive.ecrire("hl7", self._mauvais())

    # Columns ---------------------------------------------------------------------------------------------------

    def _personne(self, rangs: Tableau, dates: Tableau, absorbees: Tableau | None = None) -> dict[str, pa.Array]:
        """Return the columns of the PID segment, as the identity is known at the date of each message.

        Args:
            rangs: row number of each patient.
            dates: instant of each message.
            absorbees: messages sent under a temporary number, merged later.
        """
        p = self.patients
        statut = p.statut[rangs]
        qualifiee = (statut == QUALIFIEE) & (p.qualifie_le[rangs] <= jour_de(dates))
        validee = qualifiee | (statut == VALIDEE)
        fiabilite = np.where(validee, "VALI", "PROV")
        fiabilite = np.where(p.douteuse[rangs], np.char.add(fiabilite, "~DOUT"), fiabilite)
        fiabilite = np.where(p.fictive[rangs], np.char.add(fiabilite, "~FICT"), fiabilite)
        ipp = zeros_devant(p.ipp[rangs].astype("U8"), 8)
        if absorbees is not None:
            ipp = np.where(absorbees, np.char.add("TMP", ipp), ipp)
        # An identity that the export of the GAM lacks has no birth date here: it makes no patient.
        naissance = np.where(p.connu[rangs], p.naissance[rangs], NUL)
        return {
            "ipp": pa.array(ipp),
            "ins": pa.array(np.where(qualifiee, p.matricule[rangs].astype("U16"), "")),
            "ins_oid": etiquettes(p.oid[rangs], OIDS).cast(pa.string()),
            "naissance": date32(naissance),
            "sexe": etiquettes(p.sexe[rangs], "MFU"),
            "fiabilite": pa.array(fiabilite),
        }

    def _venue(self, rangs: Tableau, uf: Tableau | None = None, classe: Tableau | None = None) -> dict[str, pa.Array]:
        """Return the columns of the PV1 and ZBE segments of venues."""
        v, s = self.venues, self.structures
        uf = v.uf[rangs] if uf is None else uf
        classe = self.classe[rangs] if classe is None else classe
        traitement = np.array([_TRAITEMENTS.get(nom, "") for nom in SORTE])[v.sorte[rangs]]
        # The mode of treatment is rarely filled: the unit says what is missing.
        rempli = (v.iep[rangs] % 3 == 0) & (classe == self.classe[rangs])
        return {
            "iep": pa.array(zeros_devant(v.iep[rangs].astype("U9"), 9)),
            "classe": etiquettes(classe, CLASSES),
            "uf": pa.array(zeros_devant(s.uf_code[uf].astype("U4"), 4)),
            "site": etiquettes(s.uf_site[uf], [self.etablissement.finess_geo(site) for site in range(3)]),
            "traitement": pa.array(np.where(rempli, traitement, "")),
            "admission": pa.array(v.entree[rangs]),
        }

    def _mouvement(self, dates: Tableau, rangs: Tableau, ordre: int | Tableau) -> dict[str, pa.Array]:
        """Return the columns of a movement: instant and identifier (venue and rank in the venue)."""
        numero = np.char.add(
            zeros_devant(self.venues.iep[rangs].astype("U9"), 9), np.char.add("-", np.asarray(ordre).astype("U3"))
        )
        return {"mouvement": pa.array(dates), "mouvement_id": pa.array(numero)}

    # Segments --------------------------------------------------------------------------------------------------

    def _msh(self, genre: str, structure: str) -> str:
        return entete(
            f"'{APPLICATION}'", "'EAI-DEMO'", f"'ADT^{genre}^{structure}'", "'2.11^IHE_FRANCE-2.11-PAM'", "2.5^FRA^2.11"
        )

    def _pid(self, dossier: str = "iep") -> str:
        return patient(self.finess, dossier)

    def _pv1(self) -> str:
        return segment(
            "'PV1|1|', classe, '|', uf",
            f"'^^^{ORGANISATION}&', site, '&M{'|' * 16}'",
            f"iep, '^^^{ORGANISATION}&{self.finess}&N^VN||', traitement, '{'|' * 23}'",
            instant("admission"),
        )

    def _zbe(self, action: str, origine: str = "", nature: str = "HMS") -> str:
        unite = f"'Unité ', uf, '^^^^^{ORGANISATION}&{self.finess}&N^UF^^^', uf"
        return segment(
            "'ZBE|', mouvement_id",
            f"'^{ORGANISATION}^{self.finess}|'",
            instant("mouvement"),
            f"'||{action}|N|{origine}|'",
            unite,
            "'|'",
            unite,
            f"'|{nature}'",
        )

    @staticmethod
    def _evn() -> str:
        return segment("'EVN||'", instant("date"))

    @staticmethod
    def _zfa() -> str:
        quand = instant("constat")
        zfa = segment("'ZFA|', etat, '|'", quand, "'|||||||', alimentation, '|'", quand, "'|', consultation, '|'", quand)
        return si("constat is not null", zfa)

    # Messages --------------------------------------------------------------------------------------------------

    def _identites(self, constats: Table) -> Tableau:
        """Send the identities: creation, qualification, withdrawal of an INS, merge, tests of the DMP out of any venue.

        Returns:
            per venue, whether its admission was sent under a temporary number.
        """
        p, v, rng = self.patients, self.venues, self.rng
        nombre = len(p)
        premiere = np.full(nombre, np.iinfo(np.int64).max)
        np.minimum.at(premiere, v.patient, v.entree)
        connus = np.flatnonzero(p.connu)
        identite = (self._evn(), self._pid("''"), segment("'PV1|1|N'"))

        def envoyer(
            genre: str, structure: str, rangs: Tableau, dates: Tableau, suite: tuple[str, ...] = identite, **plus
        ) -> None:
            self.archive.ajouter(pa.table({**self._personne(rangs, dates), **plus}), dates, (self._msh(genre, structure), *suite))

        envoyer("A28", "ADT_A05", connus, premiere[connus] - 600)
        tardives = connus[(p.statut[connus] == QUALIFIEE) & (p.qualifie_le[connus] > p.premiere[connus])]
        envoyer("A31", "ADT_A05", tardives, p.qualifie_le[tardives] * JOUR + 12 * 3600)

        # An INS wrongly qualified, then taken away: the identity is provisional again.
        porteurs = connus[(p.statut[connus] < VALIDEE) & (p.oid[connus] >= 0)]
        porteurs = porteurs[(np.char.str_len(p.matricule[porteurs]) == 15) & tirer(rng, 0.25, len(porteurs))]
        if len(porteurs):
            dates = premiere[porteurs] - 500
            colonnes = self._personne(porteurs, dates)
            ins = pa.array(p.matricule[porteurs].astype("U16"))
            fort = {**colonnes, "ins": ins, "fiabilite": pa.array(["VALI"] * len(porteurs))}
            self.archive.ajouter(pa.table(fort), dates, (self._msh("A31", "ADT_A05"), *identite))
            mrg = segment("'MRG|', ancien, '^^^ASIP-SANTE-INS-NIR&', ins_oid, '&ISO^INS'")
            retrait = {**colonnes, "ins": pa.array(['""'] * len(porteurs)), "ancien": ins}
            self.archive.ajouter(pa.table(retrait), dates + 100, (self._msh("A47", "ADT_A30"), self._evn(), self._pid("''"), mrg))

        # Admitted under a temporary number, merged an hour later.
        fusions = connus[tirer(rng, 0.02, len(connus))]
        mrg = segment(f"'MRG|TMP', ipp, '^^^{ORGANISATION}&{self.finess}&N^PI'")
        envoyer("A40", "ADT_A39", fusions, premiere[fusions] + 3600 * 2, (self._evn(), self._pid("''"), mrg))
        provisoires = np.isin(v.patient, fusions) & (v.entree == premiere[v.patient])

        ieps = constats.colonnes["iep"].valeurs
        seuls = np.flatnonzero(ieps < 0)
        rangs = np.searchsorted(p.ipp, constats.colonnes["ipp"].valeurs[seuls])
        quand = constats.colonnes["date_constat"].valeurs[seuls]
        colonnes = {**self._personne(rangs, quand), **self._constats(constats, seuls)}
        self.archive.ajouter(pa.table(colonnes), quand, (self._msh("A31", "ADT_A05"), *identite, self._zfa()))
        return provisoires

    def _constats(self, constats: Table, lignes: Tableau) -> dict[str, pa.Array]:
        """Return the columns of the ZFA segment of some tests (-1: none)."""
        absents = lignes < 0

        def valeurs(nom: str) -> Tableau:
            return constats.colonnes[nom].valeurs[lignes]

        accord = valeurs("consentement_consultation")
        # « Not collected » where nothing was said to the patient.
        recueil = np.where(valeurs("opposition_alimentation") == 1, 0, np.where(valeurs("information_delivree") == 1, 1, 2))
        return {
            "constat": pa.array(valeurs("date_constat"), mask=absents),
            "etat": etiquettes(valeurs("statut_dmp"), constats.colonnes["statut_dmp"].etiquettes),
            "alimentation": etiquettes(recueil, ("IO", "INO", "NA")),
            "consultation": etiquettes(np.where(accord < 0, 2, accord), ("INC", "IC", "NA")),
        }

    def _admissions(self, constats: Table, correspondants: Table, provisoires: Tableau) -> None:
        """Send the admission of every venue (A01, A04), with its DMP test and its correspondents."""
        v, s, rng = self.venues, self.structures, self.rng
        nombre = len(v)
        # The test of the DMP made during each venue, -1 when none.
        ieps = constats.colonnes["iep"].valeurs
        avec = np.flatnonzero(ieps >= 0)
        constat = np.full(nombre, -1)
        constat[np.searchsorted(v.iep, ieps[avec])] = avec
        dates = v.entree + 60
        dates = np.where(constat >= 0, np.maximum(dates, constats.colonnes["date_constat"].valeurs[constat] + 30), dates)
        dates = np.where(provisoires, v.entree + 30, dates)

        # Emergency visits that become a stay, and stays that begin in another unit.
        urgences = np.flatnonzero(s.uf_sorte == _URGENCES)
        self.par_urgences = (v.sorte == SORTE["mco_medecine"]) & tirer(rng, 0.25, nombre) & bool(len(urgences))
        autre_uf = v.uf.copy()
        for sorte in np.unique(v.sorte):
            candidates = np.flatnonzero(s.uf_sorte == sorte)
            lignes = np.flatnonzero(v.sorte == sorte)
            rang = np.searchsorted(candidates, v.uf[lignes])
            autre_uf[lignes] = candidates[(rang + 1) % len(candidates)]
        longue = self.sortie_connue & (v.sortie - v.entree > 2 * JOUR) & (self.classe == 0)
        self.mutees = longue & ~self.par_urgences & (autre_uf != v.uf) & tirer(rng, 0.3, nombre)
        uf = np.where(self.par_urgences, urgences[0] if len(urgences) else v.uf, np.where(self.mutees, autre_uf, v.uf))
        classe = np.where(self.par_urgences, 1, self.classe)

        roles = self._roles(correspondants)
        for genre, choisies in (("A01", classe == 0), ("A04", classe != 0)):
            rangs = np.flatnonzero(choisies)
            colonnes = {
                **self._personne(v.patient[rangs], dates[rangs], provisoires[rangs]),
                **self._venue(rangs, uf[rangs], classe[rangs]),
                **self._mouvement(v.entree[rangs], rangs, 1),
                **self._constats(constats, constat[rangs]),
                "roles": roles.take(pa.array(rangs)),
            }
            morceaux = (
                self._msh(genre, "ADT_A01"), self._evn(), self._pid(), "roles", self._pv1(), self._zbe("INSERT"), self._zfa(),
                segment("'ZFM|8'"), segment("'ZFD|||N|N|INSI|'"),
            )  # fmt: skip
            self.archive.ajouter(pa.table(colonnes), dates[rangs], morceaux)

    def _roles(self, correspondants: Table) -> pa.Array:
        """Return, per venue, its ROL segments."""
        lignes = np.searchsorted(self.venues.iep, correspondants.colonnes["iep"].valeurs)
        relation = pa.table(
            {
                "venue": pa.array(lignes),
                "role": etiquettes(correspondants.colonnes["role"].valeurs, _ROLES),
                "correspondant": pa.array(correspondants.colonnes["correspondant_id"].valeurs),
            }
        )
        rol = segment(
            "'ROL||UC|', role, '|100', lpad(correspondant::varchar, 8, '0')",
            "'^MÉDECIN^DÉMO^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS'",
        )
        # Rows come in order of venue: the segments of one venue are already end to end in the text of the column.
        _, positions, octets = self.archive.depot.formuler(relation, rol).buffers()
        premiers = np.searchsorted(lignes, np.arange(len(self.venues) + 1))
        bornes = np.frombuffer(positions, dtype=np.int64)[premiers]
        return pa.Array.from_buffers(pa.large_string(), len(self.venues), [None, pa.py_buffer(bornes), octets])

    def _mouvements(self) -> None:
        """Send preadmissions (A05), entries from the emergency department (A06) and transfers (A02)."""
        v, rng = self.venues, self.rng
        suite = (self._pv1(), self._zbe("INSERT"))
        prevues = np.flatnonzero((v.sorte == SORTE["mco_chirurgie"]) & tirer(rng, 0.3, len(v)))
        avant = v.entree[prevues] - 5 * JOUR
        for genre, structure, rangs, quand, dates, ordre in (
            ("A05", "ADT_A05", prevues, v.entree[prevues], avant, 0),
            ("A06", "ADT_A06", np.flatnonzero(self.par_urgences), None, None, 2),
            ("A02", "ADT_A02", np.flatnonzero(self.mutees), None, None, 2),
        ):
            if quand is None:
                quand = v.entree[rangs] + (3 * 3600 if genre == "A06" else JOUR)
                dates = quand + 300
            colonnes = {
                **self._personne(v.patient[rangs], dates),
                **self._venue(rangs),
                **self._mouvement(quand, rangs, ordre),
            }
            morceaux = (self._msh(genre, structure), self._evn(), self._pid(), *suite)
            self.archive.ajouter(pa.table(colonnes), dates, morceaux)

    def _sorties(self) -> None:
        """Send the exits (A03): some cancelled and sent again (A13), some corrected (Z99)."""
        v, rng = self.venues, self.rng
        rangs = np.flatnonzero(self.sortie_connue)
        hasard = rng.random(len(rangs))
        stable = (v.sortie[rangs] - v.entree[rangs]) > 2 * JOUR
        annulee, corrigee = stable & (hasard < 0.06), stable & (hasard > 0.94)
        fausse = v.sortie[rangs] - JOUR
        dites = np.where(annulee | corrigee, fausse, v.sortie[rangs])

        def envoyer(genre: str, lignes: Tableau, quand: Tableau, dates: Tableau, ordre: int, action: str, origine: str) -> None:
            choisies = rangs[lignes]
            mode = v.mode_sortie[choisies]
            colonnes = {
                **self._personne(v.patient[choisies], dates),
                **self._venue(choisies),
                **self._mouvement(quand, choisies, ordre),
                "mode": pa.array(np.where(mode >= 0, _MODES_PMSI[np.maximum(mode, 0)], "")),
            }
            morceaux = (
                self._msh(genre, "ADT_A03" if genre == "A03" else "ADT_A01"), self._evn(), self._pid(), self._pv1(),
                self._zbe(action, origine), segment("'ZFM||', mode"),
            )  # fmt: skip
            self.archive.ajouter(pa.table(colonnes), dates, morceaux)

        toutes = np.arange(len(rangs))
        envoyer("A03", toutes, dites, dites + 300, 3, "INSERT", "")
        a, c = np.flatnonzero(annulee), np.flatnonzero(corrigee)
        envoyer("A13", a, dites[a], dites[a] + 7200, 3, "CANCEL", "A03")
        envoyer("A03", a, v.sortie[rangs[a]], v.sortie[rangs[a]] + 300, 4, "INSERT", "")
        envoyer("Z99", c, v.sortie[rangs[c]], v.sortie[rangs[c]] + 600, 3, "UPDATE", "A03")

    def _annulees(self) -> None:
        """Send admissions made by mistake, then cancelled (A11): no venue is left of them."""
        v, rng = self.venues, self.rng
        rangs = np.flatnonzero((self.classe == 0) & tirer(rng, 0.02, len(v)))
        fantomes = zeros_devant((v.iep[rangs] + 8_000_000).astype("U9"), 9)
        for genre, structure, retard, action, origine in (
            ("A01", "ADT_A01", 0, "INSERT", ""),
            ("A11", "ADT_A09", 1800, "CANCEL", "A01"),
        ):
            dates = v.entree[rangs] + 900 + retard
            colonnes = {
                **self._personne(v.patient[rangs], dates),
                **self._venue(rangs),
                "mouvement": pa.array(v.entree[rangs]),
                "mouvement_id": pa.array(np.char.add(fantomes, "-1")),
                "iep": pa.array(fantomes),
            }
            morceaux = (self._msh(genre, structure), self._evn(), self._pid(), self._pv1(), self._zbe(action, origine))
            self.archive.ajouter(pa.table(colonnes), dates, morceaux)

    @staticmethod
    def _mauvais() -> list[tuple[str, str, str]]:
        """Return messages that a reader must reject: no patient, an unknown event, an unknown class."""
        msh = (
            "MSH|^~\\&|{app}|{org}|EAI-DEMO|{org}|20230601120000||ADT^{genre}|MAUVAIS{rang}|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8"
        )
        pid = "PID|1||00000001^^^{org}&1&N^PI||PATIENT^DEMO||19500101|F"
        return [
            (msh.format(app=APPLICATION, org=ORGANISATION, genre="A01^ADT_A01", rang=1) + "\r", "PID", "SEGMENT_MANQUANT"),
            (msh.format(app=APPLICATION, org=ORGANISATION, genre="Q42^ADT_A01", rang=2) + "\r", "MSH-9", "TYPE_NON_TRAITE"),
            (
                msh.format(app=APPLICATION, org=ORGANISATION, genre="A01^ADT_A01", rang=3)
                + f"\r{pid.format(org=ORGANISATION)}\rPV1|1|Z{'|' * 17}999999999\r",
                "PV1-2",
                "HORS_VALEURS",
            ),
        ]
