"""What moved between two states of the indicators, and why: every unit that moved is in exactly one class of cause.

A state is a warehouse, or a deposit frozen from one. What it knows of the objects of its units (venues, patients, documents,
sendings) is a relation of facts; the class of a moved unit is that of a fact that changed (``causes.sql``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from socle import entrepot, historique, regles
from socle.comparaison import etats
from socle.lecture.sql import chemin_sql
from socle.parametres import ErreurSocle, dire_la_memoire

MOUVEMENTS = {
    "ENTREE_COMPTEE": "entrée au dénominateur, comptée",
    "ENTREE_NON_COMPTEE": "entrée au dénominateur, non comptée",
    "SORTIE_COMPTEE": "sortie du dénominateur, elle était comptée",
    "SORTIE_NON_COMPTEE": "sortie du dénominateur, elle n'était pas comptée",
    "GAGNEE": "désormais comptée",
    "PERDUE": "n'est plus comptée",
}
"""Every way a unit may move, and no other: their numbers add up to what the numerator and the denominator moved by."""
_SIGNES = {"ENTREE_COMPTEE": 1, "GAGNEE": 1, "SORTIE_COMPTEE": -1, "PERDUE": -1}


class Valeurs(NamedTuple):
    """What an indicator is worth: its counts and its rate, each None where there is none."""

    numerateur: int | None
    denominateur: int | None
    taux: float | None

    @property
    def comptes(self) -> tuple[int, int]:
        """Both counts; a period that is not in the grid counts nobody."""
        return self.numerateur or 0, self.denominateur or 0


class Cellule(NamedTuple):
    """An indicator of an establishment on a period, for a value of its axis."""

    finess_ej: str
    indicateur: str
    periode_debut: date
    axe: str


@dataclass(frozen=True)
class Mouvement:
    """How many units of a cell moved in one way, one of ``MOUVEMENTS``, for one cause.

    ``cause``, ``libelle``: class, of seed causes_mouvement, and its name; ``etape_avant``, ``etape_apres``: where their document
    stood and stands, in words; None for a unit that was or is not there, or an indicator without funnel; ``sans_denominateur``:
    the indicator counts units without a denominator.
    """

    cellule: Cellule
    mouvement: str
    cause: str
    libelle: str
    etape_avant: str | None
    etape_apres: str | None
    sans_denominateur: bool
    nombre: int

    @property
    def numerateur(self) -> int:
        """What these units change to the numerator."""
        return self.nombre * _SIGNES.get(self.mouvement, 0)

    @property
    def denominateur(self) -> int:
        """What these units change to the denominator."""
        signe = self.mouvement.startswith("ENTREE") - self.mouvement.startswith("SORTIE")
        return 0 if self.sans_denominateur else self.nombre * signe


@dataclass(frozen=True)
class Comparaison:
    """Two states, and what moved from one to the other.

    ``avant``, ``apres``: what they are, in words; ``regles``: a sentence for each rule that changed, with its two versions;
    ``cellules``: the period in words and the values before and after, of what moved; ``mouvements``: of these cells, None where
    the units of the former state are not kept; ``cibles``: what the current rates should reach.
    """

    avant: str
    apres: str
    regles: list[str] = field(default_factory=list)
    cellules: dict[Cellule, tuple[str, Valeurs, Valeurs]] = field(default_factory=dict)
    mouvements: list[Mouvement] | None = None
    cibles: dict[tuple[str, str, date, str], float] = field(default_factory=dict)


@dire_la_memoire
def comparer_entrepots(apres: Path, avant: Path, *, deja_connu: bool = False, unites: Path | None = None) -> Comparaison:
    """Compare two warehouses, on the indicators and periods of the former one.

    Args:
        apres: the current one.
        avant: that of a former run.
        deja_connu: only what the former run knew in full and is worth something else now; by default also what it knew in part,
            and units that moved without changing a value.
        unites: CSV file that receives the moved units, one by one; they name patients.

    Raises:
        ErreurSocle: a warehouse cannot be read, or a former version of socle built it.
    """
    with etats.ouvrir(apres, avant) as connexion:
        noms = [nommer(entrepot.lire_execution(connexion, base)) for base in ("avant.", "apres.")]
        changees = regles.changements(regles.lire(connexion, "avant."), regles.lire(connexion, "apres."))
        etats.lire_valeurs(connexion, deja_connu)
        mouvements = []
        if not deja_connu or etats.valeurs(connexion):
            for cote in ("avant", "apres"):
                etats.lire_unites(connexion, cote, cote)
            etats.deplacer(connexion)
            for cote in ("avant", "apres"):
                etats.lire_objets(connexion, cote, cote)
            etats.lire_faits(connexion, ("avant", "apres"))
            mouvements = classer(connexion, changees, unites)
        return conclure(connexion, *noms, changees, mouvements)


@dire_la_memoire
def comparer_depuis(apres: Path, precedent: Path, passe: Path, prefixe: str, unites: Path | None = None) -> Comparaison:
    """Compare the current warehouse with a run of the history: unit by unit with the former one, in values with the others.

    Args:
        apres: the current warehouse.
        precedent: the former one.
        passe: folder of the history.
        prefixe: beginning of the number of the run.
        unites: as for `comparer_entrepots`.

    Raises:
        ErreurSocle: no such run, or several; the history was altered.
    """
    maillons = historique.lire(passe)
    historique.verifier(passe, maillons)
    trouves = [maillon for maillon in maillons if maillon.execution_id.startswith(prefixe)]
    if len(trouves) != 1:
        connues = ", ".join(f"{m.execution_id[:8]} ({m.date_extraction})" for m in (trouves or maillons)[-10:]) or "aucune"
        combien = "Plusieurs exécutions commencent" if trouves else "Aucune exécution de l'historique ne commence"
        raise ErreurSocle(f"{combien} par « {prefixe} » ; les dernières : {connues}.")
    (maillon,) = trouves
    if precedent.exists() and entrepot.execution_de(precedent).numero == maillon.execution_id:
        return comparer_entrepots(apres, precedent, unites=unites)
    with etats.ouvrir(apres) as connexion:
        fichier = passe / maillon.fichier
        changees = regles.changements(regles.lire_dans(connexion, fichier), regles.lire(connexion, "apres."))
        etats.comparer_valeurs(connexion, f"read_parquet({chemin_sql(fichier)})")
        avant = nommer(entrepot.Execution(maillon.execution_id, maillon.date_extraction))
        return conclure(connexion, avant, nommer(entrepot.lire_execution(connexion, "apres.")), changees, None)


def classer(connexion: etats.Connexion, changees: list[str], unites: Path | None) -> list[Mouvement]:
    """Put the moved units in their classes.

    Args:
        connexion: of `etats.ouvrir`, with the units, objects and facts of the two states.
        changees: what changed in the rules.
        unites: as for `comparer_entrepots`.
    """
    etats.classer(connexion, bool(changees))
    if unites:
        etats.ecrire_unites(connexion, unites)
    return [Mouvement(Cellule(*ligne[:4]), *ligne[4:]) for ligne in etats.compter(connexion)]


def conclure(
    connexion: etats.Connexion, avant: str, apres: str, changees: list[str], mouvements: list[Mouvement] | None
) -> Comparaison:
    """What moved: the cells of these units, and those that are worth something else.

    Args:
        connexion: of `etats.ouvrir`, with the values of the two states.
        avant: the former one, in words.
        apres: the current one.
        changees: what changed in the rules.
        mouvements: None where the units of the former one are not kept.
    """
    bougees = {m.cellule for m in mouvements or []}
    cellules = {
        Cellule(*ligne[:4]): (ligne[4], Valeurs(*ligne[5:8]), Valeurs(*ligne[8:11])) for ligne in etats.valeurs(connexion)
    }
    retenues = {c: v for c, v in cellules.items() if c in bougees or v[1].comptes != v[2].comptes}
    return Comparaison(avant, apres, changees, retenues, mouvements, etats.cibles(connexion))


def nommer(execution: entrepot.Execution) -> str:
    """A run, in words."""
    return f"exécution {execution.numero[:8]} (données au {date.fromisoformat(execution.date_extraction):%d/%m/%Y})"
