"""What the warehouse says of each establishment, programme and indicator, typed for the dashboard and the dossier.

Nothing here reads a row of a patient: counts, rates and the inventory of files only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

import duckdb

from socle.entrepot import lire_execution, ouvrir
from socle.parametres import ErreurSocle

PROGRAMMES = {
    "HOPEN2": "HOP’EN2, phase 1",
    "IFAQ": "IFAQ 2023",
    "SUN_ES": "SUN-ES",
    "HOPEN": "HOP’EN, domaines 1 à 7",
    "SEGUR_V2": "Ségur vague 2",
}
"""Names of the programmes as the hospital reads them, in the order of the catalogue."""

TOUS = "TOUS"
"""Value of the axis of an indicator that has none, and the total of those that have one."""

ATTEINT, NON_ATTEINT, SANS_CIBLE = "ATTEINT", "NON_ATTEINT", "SANS_CIBLE"
NON_MESURE, NON_APPLICABLE = "NON_MESURE", "NON_APPLICABLE"
ETATS = {
    ATTEINT: "Atteint",
    NON_ATTEINT: "Non atteint",
    SANS_CIBLE: "Suivi sans cible",
    NON_MESURE: "Non mesuré",
    NON_APPLICABLE: "Non applicable",
}
"""Values of ``marts.indicateurs.situation`` in words. Not measured: asked, and not told by what is received."""

_ETATS_DES_FENETRES = {
    "SOUS_LA_CIBLE": NON_ATTEINT,
    "DECLARATION_NEGATIVE": NON_ATTEINT,
    "SANS_CIBLE": SANS_CIBLE,
    "FLUX_ABSENT": NON_MESURE,
    "AUCUNE_DONNEE": NON_MESURE,
}
_MOIS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet",
         "août", "septembre", "octobre", "novembre", "décembre")  # fmt: skip
_MOIS_COURTS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


@dataclass(frozen=True)
class Etablissement:
    """One entité juridique of the group."""

    finess: str
    nom: str
    ght: str


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
            return ATTEINT
        return _ETATS_DES_FENETRES.get(self.motif or "", NON_APPLICABLE)


@dataclass(frozen=True)
class Source:
    """What was received of one flux for one establishment; no file when ``dernier`` and ``fichiers`` are empty."""

    finess: str
    flux: str
    fichiers: int
    dernier: date | None
    lues: int
    retenues: int
    remplacees: int
    rejetees: int
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
    etablissements: list[Etablissement]
    indicateurs: dict[str, Indicateur]
    series: dict[tuple[str, str, str], list[Mesure]]
    """Measures in the order of time, by establishment, indicator and value of the axis."""
    entonnoirs: dict[tuple[str, str], dict[date, list[Etape]]]
    """Funnels by establishment and indicator, then by first day of the period."""
    libelles_axes: dict[str, str]
    sources: list[Source]
    fichiers: list[Fichier]
    rejets: dict[str, Counter[str]]
    """Number of rejected rows by reason, by establishment."""
    flux_requis: dict[str, list[str]]
    """Flux that each indicator needs."""
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
    campagnes: list[tuple[str, date, date]]
    """IFAQ campaigns: name, first and last day of its months."""
    rattachements: dict[str, str]
    """To which service a unit belongs, in words, by unit."""
    axes: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Values of the axis that were measured, by establishment and indicator."""

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

    def du_programme(self, programme: str) -> list[Indicateur]:
        """Indicators of a programme in the order of the catalogue."""
        return [i for i in self.indicateurs.values() if i.programme == programme]

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

    def mesure(self, finess: str, code: str, fin: date, axe: str = TOUS) -> Mesure | None:
        """The measure of the period that ends on a day, None without one."""
        return next((m for m in self.series.get((finess, code, axe), []) if m.fin == fin), None)

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


def libelle_periode(debut: date, fin: date) -> str:
    """A period as one reads it: « décembre 2023 », « 1–15 déc. 2023 », « oct. – déc. 2023 », « au 31/12/2023 »."""
    if debut == fin:
        return f"au {fin:%d/%m/%Y}"
    if (debut.year, debut.month) != (fin.year, fin.month):
        annee = f" {debut.year}" if debut.year != fin.year else ""
        return f"{_MOIS_COURTS[debut.month - 1]}{annee} – {_MOIS_COURTS[fin.month - 1]} {fin.year}"
    if debut.day == 1 and fin.day > 15:
        return f"{_MOIS[debut.month - 1]} {debut.year}"
    return f"{debut.day}–{fin.day} {_MOIS_COURTS[debut.month - 1]} {debut.year}"


def libelle_jour(jour: date) -> str:
    """A day in words: « 1er mars 2024 »."""
    return f"{'1er' if jour.day == 1 else jour.day} {_MOIS[jour.month - 1]} {jour.year}"


def nombre(valeur: float | int | None, decimales: int = 0) -> str:
    """A number as the French write it: narrow no-break space between thousands, decimal comma, dash for nothing."""
    if valeur is None:
        return "—"
    return f"{valeur:,.{decimales}f}".replace(",", "\u202f").replace(".", ",").replace("-", "\u2212")


def pourcentage(taux: float | None, cible: float | None = None) -> str:
    """A rate with one decimal and a no-break space before the sign.

    Args:
        taux: percentage, not rounded.
        cible: its target; a rate below it is given as many decimals as it takes not to look equal to it.
    """
    if taux is None:
        return "—"
    decimales = 1
    while cible is not None and taux < cible <= round(taux, decimales) and decimales < 6:
        decimales += 1
    return f"{nombre(taux, decimales)}\u00a0%"


def points(ecart: float | None) -> str:
    """A difference of rates, signed, in points."""
    if ecart is None:
        return "—"
    arrondi = round(ecart, 1) + 0.0
    signe = "+" if arrondi > 0 else ""
    return f"{signe}{nombre(arrondi, 1)}\u00a0pt{'s' if abs(arrondi) >= 2 else ''}"


def lire(entrepot: Path) -> Resultats:
    """Read the results of a warehouse.

    Args:
        entrepot: DuckDB file written by the build; opened read-only and closed before returning.

    Raises:
        ErreurSocle: no such file, opened by a writer, or not a warehouse of socle.
    """
    etat = entrepot.stat() if entrepot.exists() else None
    return _lire_une_fois(entrepot, *((etat.st_ino, etat.st_mtime_ns, etat.st_size) if etat else ()))


# One run writes the dashboard and a dossier per establishment and programme from the same file.
@lru_cache(maxsize=1)
def _lire_une_fois(entrepot: Path, *etat: int) -> Resultats:
    with ouvrir(entrepot) as connexion:
        return _lire(connexion)


def _lire(connexion: duckdb.DuckDBPyConnection) -> Resultats:
    execution = lire_execution(connexion)
    indicateurs = {
        ligne[0]: Indicateur(*ligne)
        for ligne in connexion.execute(
            """
            select indicateurs.indicateur, libelle, programme, nature, periode, axe, nom_table, population,
                   entonnoir = 'oui', definition, lecture_retenue, unite, unites, definitions.source
            from reference.catalogue_indicateurs as indicateurs
            inner join reference.definitions as definitions using (indicateur)
            order by ordre
            """
        ).fetchall()
    }
    resultats = Resultats(
        execution_id=execution.numero,
        date_extraction=date.fromisoformat(execution.date_extraction),
        etablissements=[
            Etablissement(*ligne)
            for ligne in connexion.execute(
                """
                select finess_ej, raison_sociale, coalesce(ght, '') from staging.stg_reference__etablissements
                order by ght, finess_ej
                """
            ).fetchall()
        ],
        indicateurs=indicateurs,
        series=_lire_series(connexion),
        entonnoirs=_lire_entonnoirs(connexion),
        libelles_axes={
            "SEJOUR": "Séjours clôturés",
            "CONSULTATION": "Consultations externes",
            TOUS: "Tous",
            **dict(connexion.execute("select type_code, libelle from reference.types_documents").fetchall()),
        },
        sources=_lire_sources(connexion),
        fichiers=[
            Fichier(*ligne)
            for ligne in connexion.execute(
                """
                select finess_ej, flux, fichier, etat, taille, empreinte, nb_lignes, nb_retenues, nb_remplacees,
                       nb_rejetees
                from qualite.fichiers order by fichier
                """
            ).fetchall()
        ],
        rejets=_lire_rejets(connexion),
        flux_requis={},
        fenetres=_lire_fenetres(connexion, date.fromisoformat(execution.date_extraction)),
        situations=_lire_situations(connexion),
        lectures=_lire_lectures(connexion),
        cibles_doubles=_lire_cibles_doubles(connexion),
        flux_absents={},
        financements=_lire_financements(connexion, date.fromisoformat(execution.date_extraction)),
        campagnes=connexion.execute(
            "select campagne, date_debut, date_fin from reference.campagnes_ifaq order by date_debut"
        ).fetchall(),
        rattachements=dict(
            connexion.execute("select unite, min(regle) from reference.rattachements_unites group by 1").fetchall()
        ),
    )
    for finess, code, flux in connexion.execute(
        "select finess_ej, indicateur, flux from intermediaire.int_flux_absents order by all"
    ).fetchall():
        resultats.flux_absents.setdefault((finess, code), []).append(flux.replace(" | ", " ou "))
    for code, flux in connexion.execute("select indicateur, flux from intermediaire.int_besoins").fetchall():
        resultats.flux_requis.setdefault(code, []).append(flux)
    for finess, code, axe in resultats.series:
        resultats.axes.setdefault((finess, code), []).append(axe)
    return resultats


_MESURE = """periode_debut, periode_fin, periode_complete, numerateur, denominateur, taux, numerateur_national_traces,
               numerateur_national_constate, taux_national, ecart_points, cible, cible_atteinte, restant_pour_cible, applicable,
               motif_non_applicable, situation, situation_raison"""


def _lire_series(connexion: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], list[Mesure]]:
    series: dict[tuple[str, str, str], list[Mesure]] = {}
    for finess, code, axe, *valeurs in connexion.execute(
        f"""
        select finess_ej, indicateur, axe, {_MESURE}
        from marts.indicateurs
        order by finess_ej, indicateur, axe, periode_debut, periode_fin
        """
    ).fetchall():
        series.setdefault((finess, code, axe), []).append(Mesure(*valeurs))
    return series


def _lire_situations(connexion: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], Situation]:
    return {
        (finess, code, axe): Situation(Mesure(*valeurs), choix, fenetre)
        for finess, code, axe, choix, fenetre, *valeurs in connexion.execute(
            f"select finess_ej, indicateur, axe, choix, fenetre, {_MESURE} from marts.indicateurs_juges"
        ).fetchall()
    }


def _lire_lectures(connexion: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[date, list[Lecture]]]:
    lectures: dict[tuple[str, str], dict[date, list[Lecture]]] = {}
    if not connexion.execute("select 1 from duckdb_tables() where schema_name = 'marts' and table_name = 'lectures'").fetchall():
        return lectures
    for finess, code, debut, *valeurs in connexion.execute(
        """
        select finess_ej, indicateur, periode_debut, variable, question,
               case when valeur = autre then libelle_autre else libelle_retenue end, source,
               numerateur, denominateur, taux, cible_atteinte, ecart_points, change_la_cible
        from marts.lectures
        inner join reference.lectures_possibles using (variable)
        order by finess_ej, indicateur, periode_debut, ordre
        """
    ).fetchall():
        lectures.setdefault((finess, code), {}).setdefault(debut, []).append(Lecture(*valeurs))
    return lectures


def _lire_cibles_doubles(connexion: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[CibleDouble]]:
    cibles: dict[tuple[str, str], list[CibleDouble]] = {}
    for finess, code, *valeurs in connexion.execute(
        """
        with drapeaux as (

            unpivot (
                select finess_ej, columns('sun_es_(.*)') as '\\1' from staging.stg_reference__etablissements
            )
            on columns (* exclude (finess_ej)) into name drapeau value atteint

        )

        select etablissements.finess_ej, cibles.indicateur, cibles.cible, cibles.cible_si_sun_es_atteint,
               upper(replace(cibles.drapeau_sun_es, '_', '.')), coalesce(drapeaux.atteint, false)
        from staging.stg_reference__etablissements as etablissements
        cross join reference.cibles as cibles
        left join drapeaux
            on etablissements.finess_ej = drapeaux.finess_ej and cibles.drapeau_sun_es = drapeaux.drapeau
        where cibles.drapeau_sun_es is not null
        """
    ).fetchall():
        cibles.setdefault((finess, code), []).append(CibleDouble(*valeurs))
    return cibles


def _lire_fenetres(connexion: duckdb.DuckDBPyConnection, jour: date) -> dict[tuple[str, str], list[Fenetre]]:
    fenetres: dict[tuple[str, str], list[Fenetre]] = {}
    for finess, code, *valeurs in connexion.execute(
        """
        select finess_ej, indicateur, fenetre, date_debut, date_fin, cible, meilleur_mois, taux, valeur_declaree, atteinte,
               motif
        from marts.sun_es_fenetres
        where date_debut <= ?
        order by finess_ej, indicateur, date_debut
        """,
        [jour],
    ).fetchall():
        fenetres.setdefault((finess, code), []).append(Fenetre(*valeurs))
    return fenetres


def _lire_financements(connexion: duckdb.DuckDBPyConnection, jour: date) -> dict[str, list[Financement]]:
    gains: dict[tuple[str, str], list[tuple[str, float, float]]] = {}
    for finess, fenetre, code, cout, gain in connexion.execute(
        "select finess_ej, fenetre, indicateur, cast(cout as double), cast(gain_seul as double) from marts.sun_es_gains"
    ).fetchall():
        gains.setdefault((finess, fenetre), []).append((code, cout, gain))
    financements: dict[str, list[Financement]] = {}
    for finess, fenetre, *valeurs in connexion.execute(
        """
        select montants.finess_ej, fenetre, date_debut, date_fin,
               cast(montant_total as double), cast(montant_manquant as double)
        from marts.sun_es_financement as montants
        inner join reference.fenetres_sun_es using (fenetre)
        where date_debut <= ?
        order by finess_ej, date_debut
        """,
        [jour],
    ).fetchall():
        manques = gains.get((finess, fenetre), [])
        financements.setdefault(finess, []).append(
            Financement(fenetre, *valeurs, {c: cout for c, cout, _ in manques}, {c: gain for c, _, gain in manques})
        )
    return financements


def _lire_entonnoirs(connexion: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[date, list[Etape]]]:
    entonnoirs: dict[tuple[str, str], dict[date, list[Etape]]] = {}
    for finess, code, debut, ordre, etape, libelle, nb in connexion.execute(
        """
        select finess_ej, indicateur, periode_debut, ordre_etape, etape, libelle_etape, nb
        from marts.entonnoir order by all
        """
    ).fetchall():
        etapes = entonnoirs.setdefault((finess, code), {}).setdefault(debut, [])
        etapes.append(Etape(ordre, etape, libelle, nb))
    return entonnoirs


def _lire_sources(connexion: duckdb.DuckDBPyConnection) -> list[Source]:
    return [
        Source(*ligne[:-1], problemes=tuple(ligne[-1]))
        for ligne in connexion.execute(
            """
            with flux as (

                select distinct flux from reference.contrat_flux where flux not like 'reference/%'
                union
                select flux from qualite.fichiers where flux is not null and flux not like 'reference/%'

            )

            select
                etablissements.finess_ej,
                flux.flux,
                count(fichiers.fichier) filter (where fichiers.etat = 'LU'),
                max(fichiers.date_extraction) filter (where fichiers.etat = 'LU'),
                coalesce(sum(fichiers.nb_lignes), 0),
                coalesce(sum(fichiers.nb_retenues), 0),
                coalesce(sum(fichiers.nb_remplacees), 0),
                coalesce(sum(fichiers.nb_rejetees), 0),
                coalesce(list(distinct fichiers.etat) filter (where fichiers.etat <> 'LU'), [])
            from staging.stg_reference__etablissements as etablissements
            cross join flux
            left join qualite.fichiers as fichiers
                on etablissements.finess_ej = fichiers.finess_ej and flux.flux = fichiers.flux
            group by etablissements.finess_ej, flux.flux
            order by etablissements.finess_ej, flux.flux
            """
        ).fetchall()
    ]


def _lire_rejets(connexion: duckdb.DuckDBPyConnection) -> dict[str, Counter[str]]:
    rejets: dict[str, Counter[str]] = {}
    for finess, motif, nb in connexion.execute(
        "select finess_ej, motif, count(*) from qualite.rejets where finess_ej is not null group by all"
    ).fetchall():
        rejets.setdefault(finess, Counter())[motif] = nb
    return rejets
