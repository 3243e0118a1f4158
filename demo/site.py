"""One establishment of the demonstration group: what it is, and what has been made of it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from socle.lecture.contrat import contrat

from .calendrier import Calendrier
from .depot import Depot
from .hasard import Hasard, generateur, monter
from .lignes import DONNEES, Lignes, Table, Tableau

SORTES: dict[str, dict[str, Any]] = DONNEES["sortes"]
SORTE = {nom: rang for rang, nom in enumerate(SORTES)}
PROFILS: dict[str, dict[str, Any]] = DONNEES["profils"]
SERIES = ("chimiotherapie", "radiotherapie", "dialyse")
SEUIL_GRAND_GROUPE = 50.0
"""Scale from which the group is a large one."""
# Department codes followed by 9999 are not attributed.
DEPARTEMENTS = ("29", "2A", "29", "67", "67", "67", "13", "2B", "13", "59", "59", "59")


@dataclass
class Site:
    """One entité juridique (rank in the group, profile, FINESS), and the parts of its activity in the order of their making.

    `volumes` is the number of venues of each kind over the 14 months, `leviers` shares at the start and at the end of them,
    `taille` the dimensions of the group, `depot` where to write, which has the seed.
    """

    rang: int
    cle: str
    profil: dict[str, Any]
    finess: str
    volumes: dict[str, float]
    leviers: Mapping[str, tuple[float, float]]
    taille: SimpleNamespace
    depot: Depot
    calendrier: Calendrier
    unites: Lignes = field(init=False)
    correspondants: Lignes = field(init=False)
    nb_utilisateurs: int = field(init=False)
    venues: Lignes = field(init=False)
    patients: Lignes = field(init=False)
    documents: Lignes = field(init=False)
    envois: Lignes = field(init=False)
    messages: Lignes = field(init=False)

    @property
    def raison_sociale(self) -> str:
        """Return its name, which says that it does not exist."""
        noms, numero = self.profil["noms"], self.rang // len(PROFILS)
        suite = f" n° {numero // len(noms) + 1}" if numero >= len(noms) else ""
        return f"{noms[numero % len(noms)]}{suite} (fictif)"

    @property
    def finess_geo(self) -> list[str]:
        """Return the FINESS géographiques of its sites."""
        return [f"{self.finess[:2]}9998{self.rang:02d}{site}" for site in (1, 2, 3)]

    def hasard(self, sujet: str) -> Hasard:
        """Return the source of randomness of one subject."""
        return generateur(self.depot.graine, self.finess, sujet)

    def taux(self, levier: str, jours: Tableau) -> Tableau:
        """Return the share (0..1) that a lever has reached at given days."""
        return monter(self.calendrier.avancement(jours), self.leviers[levier])

    def table(
        self, flux: str, lignes: Lignes, evenement: Tableau, maj: Tableau | None = None, cumulatif: bool = False, **autres: Any
    ) -> Table:
        """Return a flux (see `Table`), from rows that have most of its columns, and others, as arrays or one value for all.

        Row numbers (patient, venue, document, correspondant, -1 when not said) give ipp, iep, document_id and correspondant_id; a
        key that the rows lack is their rank; another column that they lack is not in the file, `KeyError` if it is obligatory.
        """
        colonnes: dict[str, Any] = {"evenement": evenement, "maj": evenement if maj is None else maj, **vars(lignes), **autres}
        for nom, colonne in {c.nom: c for c in contrat()[flux] if c.nom not in colonnes}.items():
            if nom == "ipp":
                colonnes[nom] = self.patients.ipp[lignes.patient]
            elif nom == "iep":
                colonnes[nom] = np.where(lignes.venue >= 0, self.venues.iep[lignes.venue], -1)
            elif nom in ("document_id", "correspondant_id") and nom[:-3] in colonnes:
                colonnes[nom] = np.where(colonnes[nom[:-3]] >= 0, colonnes[nom[:-3]] + 1, -1)
            elif colonne.cle:
                colonnes[nom] = np.arange(len(evenement)) + 1
            elif colonne.obligatoire:
                raise KeyError(f"{flux}.{nom}")
        dites = {nom: np.full(len(evenement), v) if np.isscalar(v) else v for nom, v in colonnes.items()}
        return Table(flux, Lignes(**dites), cumulatif)

    def venues_de(self, *sortes: str) -> Tableau:
        """Tell which venues are of some kinds."""
        return np.isin(self.venues.sorte, [SORTE[nom] for nom in sortes])


def dimensions(echelle: float, choix: Mapping[str, Any] | None) -> SimpleNamespace:
    """Return the dimensions of a scale, and those that the user sets.

    Raises:
        ValueError: an unknown dimension is named.
    """
    base = DONNEES["tailles"]["grand_groupe" if echelle >= SEUIL_GRAND_GROUPE else "groupe"]
    if inconnues := set(choix or {}) - set(base):
        raise ValueError(f"Dimension inconnue : {', '.join(sorted(inconnues))}.")
    return SimpleNamespace(**{**base, **(choix or {})})


def groupe(echelle: float, taille: SimpleNamespace, depot: Depot) -> list[Site]:
    """Return the establishments of the group: the three profiles in turn, which share the volumes."""
    cles = [list(PROFILS)[rang % len(PROFILS)] for rang in range(taille.ej)]
    return [
        Site(
            rang=rang,
            cle=cle,
            profil=PROFILS[cle],
            finess=f"{DEPARTEMENTS[rang % len(DEPARTEMENTS)]}9999{rang // 100}{rang % 100:02d}",
            volumes={nom: sorte[cle] * (1.0 / cles.count(cle)) * echelle for nom, sorte in SORTES.items() if cle in sorte},
            leviers={nom: bornes[cle] for nom, bornes in DONNEES["leviers"].items()},
            taille=taille,
            depot=depot,
            calendrier=depot.calendrier,
        )
        for rang, cle in enumerate(cles)
    ]
