"""The three kinds of establishment of the demonstration group: activity, equipment and how usage climbs.

Figures are plausible orders of magnitude, not statistics; all names and FINESS numbers are fictional (department codes
followed by 9999 are not attributed).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SORTES: tuple[str, ...] = (
    "mco_medecine",
    "mco_chirurgie",
    "ambu_chirurgie",
    "ambu_medecine",
    "transfusion",
    "chimiotherapie",
    "radiotherapie",
    "dialyse",
    "smr_complet",
    "smr_jour",
    "psy_complet",
    "psy_jour",
    "had",
    "externe",
    "urgences",
)
"""Kinds of venue; the order is their number everywhere in the package."""

SORTE: Mapping[str, int] = {nom: rang for rang, nom in enumerate(SORTES)}

SERIES = frozenset({"chimiotherapie", "radiotherapie", "dialyse"})

Bornes = tuple[float, float]


@dataclass(frozen=True)
class Profil:
    """What one kind of establishment does and how well its information system follows.

    Args:
        cle: name of the profile.
        raisons_sociales: names given to the establishments of this profile, in turn.
        volumes: number of venues by kind over the 14 months, at scale 1.
        leviers: share (0..1) at the start and at the end of the 14 months, by lever (see `LEVIERS`).
        activites: flags of etablissements.csv.
        activite_combinee: base of the SUN-ES funding category.
        cibles_sun_es: SUN-ES targets already reached, by column of etablissements.csv.
        campagne_historique: month (0..13) when the feeding of earlier documents starts.
        pmsi_psy_par_nda: whether the PSY stays have a local number distinct from the NDA (HOSP-PMSI file).
    """

    cle: str
    raisons_sociales: tuple[str, ...]
    volumes: Mapping[str, int]
    leviers: Mapping[str, Bornes]
    activites: Mapping[str, bool]
    activite_combinee: float
    cibles_sun_es: Mapping[str, bool]
    campagne_historique: int
    pmsi_psy_par_nda: bool = False


LEVIERS: tuple[str, ...] = (
    "ins",  # identities qualified
    "constat",  # existence of the DMP tested at the venue
    "lettre",  # discharge letter written
    "cda",  # document in CDA
    "ins_document",  # qualified INS on the document of a qualified patient
    "envoi",  # document sent to the DMP
    "succes",  # sending accepted
    "mss_pro",  # document sent to the correspondents
    "mss_citoyenne",  # message sent to the patient
    "dpi",  # HOP'EN: electronic record kept up to date
    "prescription",  # HOP'EN: electronic prescription
    "planification",  # HOP'EN: planning tools
    "reprise",  # patients whose earlier documents are sent
)

CHU = Profil(
    cle="chu",
    raisons_sociales=("CHU de Valmorin", "CHU de Hauterive-les-Bains", "CHU de Montclar", "CHU de Rochebelle"),
    volumes={
        "mco_medecine": 420,
        "mco_chirurgie": 260,
        "ambu_chirurgie": 180,
        "ambu_medecine": 110,
        "transfusion": 14,
        "chimiotherapie": 130,
        "radiotherapie": 190,
        "psy_complet": 60,
        "psy_jour": 36,
        "externe": 570,
        "urgences": 230,
    },
    leviers={
        "ins": (0.68, 0.97),
        "constat": (0.80, 0.98),
        "lettre": (0.89, 0.985),
        "cda": (0.64, 0.985),
        "ins_document": (0.82, 0.985),
        "envoi": (0.60, 0.985),
        "succes": (0.88, 0.975),
        "mss_pro": (0.28, 0.80),
        "mss_citoyenne": (0.04, 0.80),
        "dpi": (0.90, 0.985),
        "prescription": (0.78, 0.96),
        "planification": (0.82, 0.95),
        "reprise": (0.75, 0.75),
    },
    activites={"chirurgie": True, "ace": True, "laboratoire_interne": True, "imagerie_interne": True, "had": False},
    activite_combinee=212_480.0,
    cibles_sun_es={
        "ds1_1": True,
        "ds1_2": True,
        "ds1_3": True,
        "ds2_1": True,
        "ds3_1": True,
        "ds4_1": True,
        "ds4_2": False,
    },
    campagne_historique=3,
    pmsi_psy_par_nda=True,
)

CENTRE_HOSPITALIER = Profil(
    cle="ch",
    raisons_sociales=(
        "Centre hospitalier de Porto-Verdo",
        "Centre hospitalier de Saint-Aubry",
        "Centre hospitalier du Val-Doré",
        "Centre hospitalier de la Haute-Fontaine",
    ),
    volumes={
        "mco_medecine": 300,
        "mco_chirurgie": 90,
        "ambu_chirurgie": 60,
        "ambu_medecine": 50,
        "transfusion": 6,
        "dialyse": 270,
        "smr_complet": 60,
        "had": 70,
        "externe": 260,
        "urgences": 150,
    },
    leviers={
        "ins": (0.50, 0.90),
        "constat": (0.60, 0.92),
        "lettre": (0.75, 0.94),
        "cda": (0.40, 0.93),
        "ins_document": (0.75, 0.96),
        "envoi": (0.35, 0.93),
        "succes": (0.85, 0.965),
        "mss_pro": (0.12, 0.46),
        "mss_citoyenne": (0.01, 0.28),
        "dpi": (0.80, 0.94),
        "prescription": (0.60, 0.90),
        "planification": (0.65, 0.93),
        "reprise": (0.45, 0.45),
    },
    activites={"chirurgie": True, "ace": True, "laboratoire_interne": True, "imagerie_interne": True, "had": True},
    activite_combinee=38_915.5,
    cibles_sun_es={
        "ds1_1": True,
        "ds1_2": False,
        "ds1_3": False,
        "ds2_1": True,
        "ds3_1": False,
        "ds4_1": False,
        "ds4_2": False,
    },
    campagne_historique=8,
)

PSYCHIATRIE = Profil(
    cle="epsm",
    raisons_sociales=(
        "EPSM de Castelbrun",
        "EPSM des Trois-Vallons",
        "Établissement de santé mentale d'Orsine",
        "EPSM du Bois-Clair",
    ),
    volumes={
        "smr_complet": 120,
        "smr_jour": 60,
        "psy_complet": 150,
        "psy_jour": 110,
        "externe": 210,
    },
    leviers={
        "ins": (0.22, 0.58),
        "constat": (0.35, 0.70),
        "lettre": (0.60, 0.82),
        "cda": (0.10, 0.50),
        "ins_document": (0.50, 0.80),
        "envoi": (0.08, 0.50),
        "succes": (0.70, 0.90),
        "mss_pro": (0.08, 0.34),
        "mss_citoyenne": (0.0, 0.05),
        "dpi": (0.60, 0.86),
        "prescription": (0.55, 0.84),
        "planification": (0.45, 0.75),
        "reprise": (0.05, 0.05),
    },
    activites={"chirurgie": False, "ace": True, "laboratoire_interne": False, "imagerie_interne": False, "had": False},
    activite_combinee=9_320.0,
    cibles_sun_es=dict.fromkeys(("ds1_1", "ds1_2", "ds1_3", "ds2_1", "ds3_1", "ds4_1", "ds4_2"), False),
    campagne_historique=11,
)

PROFILS: tuple[Profil, ...] = (CHU, CENTRE_HOSPITALIER, PSYCHIATRIE)

DEPARTEMENTS: tuple[str, ...] = ("29", "2A", "29", "67", "67", "67", "13", "2B", "13", "59", "59", "59")


@dataclass(frozen=True)
class Etablissement:
    """One entité juridique of the demonstration group.

    Args:
        rang: number in the group, from 0.
        profil: what it does.
        finess: FINESS juridique, 9 characters.
        part: share of the profile's volumes that it carries (1 with three establishments).
    """

    rang: int
    profil: Profil
    finess: str
    part: float

    @property
    def raison_sociale(self) -> str:
        """Return its name, which says that it does not exist."""
        noms = self.profil.raisons_sociales
        numero = self.rang // len(PROFILS)
        suite = f" n° {numero // len(noms) + 1}" if numero >= len(noms) else ""
        return f"{noms[numero % len(noms)]}{suite} (fictif)"

    def finess_geo(self, numero: int) -> str:
        """Return the FINESS géographique of its site `numero` (0..8)."""
        return f"{self.finess[:2]}9998{self.rang:02d}{numero + 1}"


def groupe(nombre: int) -> list[Etablissement]:
    """Return the establishments of the group: the three profiles in turn.

    Args:
        nombre: number of establishments, at least 1.
    """
    copies = [0] * len(PROFILS)
    for rang in range(nombre):
        copies[rang % len(PROFILS)] += 1
    return [
        Etablissement(
            rang=rang,
            profil=PROFILS[rang % len(PROFILS)],
            finess=f"{DEPARTEMENTS[rang % len(DEPARTEMENTS)]}9999{rang // 100}{rang % 100:02d}",
            part=1.0 / copies[rang % len(PROFILS)],
        )
        for rang in range(nombre)
    ]
