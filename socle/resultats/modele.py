"""What the warehouse says of each establishment, programme and indicator, typed for whoever shows it.

Nothing here is a row of a patient: counts, rates and the inventory of files only.
"""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from socle.parametres import ErreurSocle
from socle.resultats import mots
from socle.resultats.programmes import Programme

LISIBLE = "LISIBLE"
"""State of a file of the inventory that could be read."""
TOUS = "TOUS"
"""Value of the axis of an indicator that has none, and the total of those that have one."""

_ETATS_DES_FENETRES = {
    "SOUS_LA_CIBLE": mots.NON_ATTEINT,
    "DECLARATION_NEGATIVE": mots.NON_ATTEINT,
    "SANS_CIBLE": mots.SANS_CIBLE,
    "FLUX_ABSENT": mots.NON_MESURE,
    "AUCUNE_DONNEE": mots.NON_MESURE,
}


@dataclass(frozen=True)
class Etablissement:
    """One entité juridique of the group."""

    finess: str
    nom: str
    ght: str


@dataclass(frozen=True)
class Mesure:
    """One indicator, establishment, period and value of the axis. Rates are percentages, not rounded.

    ``etat``: one of ``ETATS``; ``raison``: why it is not measured or does not apply, in words, with the flux that are missing.
    """

    debut: date
    fin: date
    complete: bool
    numerateur: int
    denominateur: int | None
    taux: float | None
    traces: int | None
    constate: int | None
    taux_national: float | None
    ecart: float | None
    cible: float | None
    atteinte: bool | None
    restant: int | None
    applicable: bool
    motif: str | None
    etat: str
    raison: str | None

    @property
    def national(self) -> int | None:
        """What the operator counted, else what it should count from the establishment's traces."""
        return self.traces if self.constate is None else self.constate


@dataclass(frozen=True)
class Indicateur:
    """One row of the catalogue, with its definition in words."""

    code: str
    libelle: str
    programme: str
    nature: str
    periode: str
    axe: str | None
    table: str
    population: str
    a_un_entonnoir: bool
    definition: str
    lecture: str
    unite: str
    unites: str
    source: str
    comptage_national: str

    def accorder(self, nb: int) -> str:
        """A number with the unit that is counted."""
        return mots.accorder(nb, self.unite, self.unites)

    def valeur(self, mesure: Mesure) -> str:
        """What a measure is worth: a rate, a number, or what was declared."""
        if self.nature == "declaratif":
            return mots.OUI_NON[mesure.numerateur > 0] if mesure.denominateur else "Non déclaré"
        if self.nature == "compte":
            return mots.nombre(mesure.numerateur) if mesure.applicable else mots.RIEN
        return mots.pourcentage(mesure.taux, mesure.cible)

    def cible(self, mesure: Mesure) -> str:
        """What a measure should reach."""
        return "Oui" if self.nature == "declaratif" and mesure.cible is not None else mots.objectif(mesure.cible)


@dataclass(frozen=True)
class Etape:
    """One step of the funnel and the number of units that stopped there."""

    ordre: int
    code: str
    libelle: str
    nombre: int


@dataclass(frozen=True)
class Fenetre:
    """Result of one SUN-ES indicator in one window: reached when one applicable month of it reaches the target.

    ``meilleur_mois``: first day of the best applicable month, None without one; ``declaree``: OUI, NON or NA for the
    declarative indicator; ``motif``: why it is not reached.
    """

    nom: str
    debut: date
    fin: date
    cible: float | None
    meilleur_mois: date | None
    taux: float | None
    declaree: str | None
    atteinte: bool
    motif: str | None

    @property
    def etat(self) -> str:
        """One of ``ETATS``."""
        if self.atteinte:
            return mots.ATTEINT
        return _ETATS_DES_FENETRES.get(self.motif or "", mots.NON_APPLICABLE)


@dataclass(frozen=True)
class Source:
    """What was received of one flux for one establishment; no file when ``dernier`` and ``fichiers`` are empty.

    ``absent``: the contract has it and nothing tells it, neither a message nor a PMSI file.
    """

    finess: str
    flux: str
    fichiers: int
    dernier: date | None
    lues: int
    retenues: int
    remplacees: int
    rejetees: int
    absent: bool
    problemes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fichier:
    """One file of the landing zone with the SHA-256 of its bytes."""

    finess: str | None
    flux: str | None
    chemin: str
    etat: str
    taille: int | None
    empreinte: str | None
    lues: int | None
    retenues: int | None
    remplacees: int | None
    rejetees: int | None

    @property
    def est_lisible(self) -> bool:
        """Whether it could be read."""
        return self.etat == LISIBLE


ECART_NOTABLE = 0.5
"""Points from which another reading of the guides is worth telling."""


@dataclass(frozen=True)
class Lecture:
    """What an indicator would be, for one period, with the answer that was not retained to a question the guides leave open.

    ``reponse``: that answer, in words; ``ecart``: points from the rate retained; ``change_la_cible``: the target would be
    reached and is not, or the reverse.
    """

    variable: str
    question: str
    reponse: str
    source: str
    numerateur: int
    denominateur: int
    taux: float | None
    atteinte: bool | None
    ecart: float | None
    change_la_cible: bool

    @property
    def compte(self) -> bool:
        """Whether the figure shown depends on that question."""
        return self.change_la_cible or (self.ecart is not None and abs(self.ecart) >= ECART_NOTABLE)


@dataclass(frozen=True)
class CibleDouble:
    """The two targets of an indicator and the SUN-ES target, reached or not, that chooses between them."""

    cible: int
    cible_si_atteint: int
    analogue: str
    atteint: bool

    @property
    def appliquee(self) -> int:
        """The target that applies to the establishment."""
        return self.cible_si_atteint if self.atteint else self.cible


@dataclass(frozen=True)
class Situation:
    """The measure of the period judged, against the target it is judged on, and how that period was chosen."""

    mesure: Mesure
    choix: str
    fenetre: str | None


@dataclass(frozen=True)
class Financement:
    """SUN-ES funding of one establishment in one window that has begun, in euros: paid, and missing.

    ``couts``: what each missed indicator costs; ``gains``: what it would bring alone.
    """

    fenetre: str
    debut: date
    fin: date
    acquis: float
    manquant: float
    couts: dict[str, float]
    gains: dict[str, float]


@dataclass
class Resultats:
    """Everything the reports show, read once."""

    execution_id: str
    """Number of the run that made the warehouse."""
    date_extraction: date
    programmes: dict[str, Programme]
    """By code, in their order."""
    etablissements: list[Etablissement]
    indicateurs: dict[str, Indicateur]
    series: dict[tuple[str, str, str], list[Mesure]]
    """Measures in the order of time, by establishment, indicator and value of the axis."""
    entonnoirs: dict[tuple[str, str], dict[date, list[Etape]]]
    """Funnels by establishment and indicator, then by first day of the period."""
    libelles: dict[str, dict[str, str]]
    """What codes are called, by list (seed libelles_dossier); MODALITE has the types of document too."""
    sources: list[Source]
    fichiers: list[Fichier]
    rejets: dict[str, Counter[str]]
    """Number of rejected rows by reason, by establishment."""
    fenetres: dict[tuple[str, str], list[Fenetre]]
    """The SUN-ES windows that have begun, in the order of time, by establishment and indicator."""
    situations: dict[tuple[str, str, str], Situation]
    """The period on which each indicator is judged, by establishment, indicator and value of the axis."""
    lectures: dict[tuple[str, str], dict[date, list[Lecture]]]
    """The other readings, by establishment and indicator, then by first day of the period; empty when not computed."""
    cibles_doubles: dict[tuple[str, str], list[CibleDouble]]
    """Pairs of targets, by establishment and indicator; two pairs where the guide contradicts itself."""
    flux_absents: dict[tuple[str, str], list[str]]
    """Flux that an establishment does not send, by establishment and indicator."""
    financements: dict[str, list[Financement]]
    """SUN-ES windows that have begun, in the order of time, by establishment; none without its combined activity."""
    versions_inconnues: list[tuple[str, str, str]]
    """Establishment, flux and version of the PMSI formats that nothing reads."""
    campagnes: list[tuple[str, date, date]]
    """IFAQ campaigns: name, first and last day of its months."""
    rattachements: dict[str, str]
    """To which service a unit belongs, in words, by unit."""
    axes: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Values of the axis that were measured, by establishment and indicator."""

    def indicateur(self, code: str) -> Indicateur:
        """Find an indicator by its code, in any case.

        Raises:
            ErreurSocle: no such indicator.
        """
        if code.upper() not in self.indicateurs:
            proches = difflib.get_close_matches(code.upper(), self.indicateurs, 3)
            suite = f" ; proches : {', '.join(proches)}" if proches else ""
            raise ErreurSocle(f"L'indicateur {code} n'existe pas{suite}.")
        return self.indicateurs[code.upper()]

    def etablissement(self, finess: str) -> Etablissement:
        """Find an establishment by its FINESS number.

        Raises:
            ErreurSocle: no such establishment.
        """
        for etablissement in self.etablissements:
            if etablissement.finess == finess:
                return etablissement
        connus = ", ".join(e.finess for e in self.etablissements)
        raise ErreurSocle(f"Établissement {finess} inconnu : choisissez parmi {connus}.")

    def programme(self, code: str) -> Programme:
        """Find a programme by its code.

        Raises:
            ErreurSocle: no such programme.
        """
        if code not in self.programmes:
            raise ErreurSocle(f"Programme {code} inconnu : choisissez parmi {', '.join(self.programmes)}.")
        return self.programmes[code]

    def du_programme(self, programme: str) -> list[Indicateur]:
        """Indicators of a programme in the order of the catalogue."""
        return [i for i in self.indicateurs.values() if i.programme == programme]

    def etat(self, finess: str, code: str) -> str:
        """Where an indicator stands, one of ``mots.ETATS``; one that is only measured by value of its axis is followed."""
        if mesure := self.situation(finess, code):
            return mesure.etat
        return mots.SANS_CIBLE if self.modalites(finess, code) else mots.NON_MESURE

    def etats(self, finess: str, programme: str) -> Counter[str]:
        """How many indicators of a programme are in each state."""
        return Counter(self.etat(finess, indicateur.code) for indicateur in self.du_programme(programme))

    def modalites(self, finess: str, code: str) -> list[Mesure]:
        """The measures judged of the values of the axis that apply."""
        jugees = (self.situation(finess, code, axe) for axe in self.axes.get((finess, code), []) if axe != TOUS)
        return [mesure for mesure in jugees if mesure and mesure.applicable]

    def dossiers_attendus(self) -> list[tuple[str, str]]:
        """Establishment and programme of the dossiers that a run writes, on the months on which it is judged.

        The other programmes and months are for « socle dossier ».
        """
        return sorted(
            {
                (finess, programme)
                for (finess, code, _), situation in self.situations.items()
                if situation.mesure.applicable and self.programmes[programme := self.indicateurs[code].programme].depose
            }
        )

    def flux_non_recus(self, finess: str) -> list[str]:
        """Flux of the contract of which nothing is received."""
        return [source.flux for source in self.sources if source.finess == finess and source.absent]

    def situation(self, finess: str, code: str, axe: str = TOUS) -> Mesure | None:
        """The measure on which the establishment is judged (marts.indicateurs_juges), None when nothing is complete yet."""
        situation = self.situations.get((finess, code, axe))
        return situation.mesure if situation else None

    def choix(self, finess: str, code: str) -> str:
        """How the period judged was chosen, in words; empty for the latest complete one."""
        situation = self.situations.get((finess, code, TOUS))
        if situation is None or situation.choix == "DERNIERE_PERIODE":
            return ""
        return "meilleur mois" + (f" de la fenêtre {situation.fenetre}" if situation.fenetre else "")

    def entonnoir(self, finess: str, code: str, debut: date) -> list[Etape]:
        """Steps of the funnel of a period, in order; empty for an indicator without funnel."""
        return self.entonnoirs.get((finess, code), {}).get(debut, [])

    def autres_lectures(self, finess: str, code: str, debut: date) -> list[Lecture]:
        """The other readings of a period, in the order of the questions."""
        return self.lectures.get((finess, code), {}).get(debut, [])

    def cible_double(self, finess: str, code: str, cible: float | None) -> CibleDouble | None:
        """The pair of targets one of which applies, None for an indicator that has one target only."""
        return next((c for c in self.cibles_doubles.get((finess, code), []) if c.appliquee == cible), None)

    def frein(self, finess: str, code: str, debut: date) -> Etape | None:
        """The step where most of the units that do not count stopped."""
        arrets = [e for e in self.entonnoir(finess, code, debut) if e.code != "ALIMENTE" and e.nombre]
        return max(arrets, key=lambda e: (e.nombre, -e.ordre)) if arrets else None
