"""Thresholds of the quality rules and the findings that a hospital accepts."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from socle.parametres import ErreurSocle, raison

FICHIER = Path(__file__).with_name("seuils.toml")


@dataclass(frozen=True)
class Seuil:
    """One threshold: its name in the rules, its value and what it means, in French."""

    nom: str
    valeur: int | float
    libelle: str
    modifie: bool = False


@dataclass(frozen=True)
class Acceptation:
    """A known finding that no longer counts: of a rule, for one establishment or all, one detail or all."""

    regle: str
    motif: str
    finess_ej: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Reglages:
    """What one run of the controls is set to."""

    seuils: tuple[Seuil, ...]
    acceptations: tuple[Acceptation, ...] = ()


def lire_reglages(chemin: Path | None, regles: set[str]) -> Reglages:
    """Read the thresholds, with the hospital's own over the defaults.

    Args:
        chemin: the hospital's TOML file, none for the defaults.
        regles: names an acceptance may bear.

    Raises:
        ErreurSocle: the file is missing or unreadable, or names an unknown threshold or rule.
    """
    with FICHIER.open("rb") as fichier:
        defauts = tomllib.load(fichier)
    propres = _lire(chemin) if chemin else {}
    inconnues = propres.keys() - {"seuils", "acceptations"}
    valeurs, acceptations = propres.get("seuils", {}), propres.get("acceptations", [])
    inconnues |= valeurs.keys() - defauts.keys()
    if inconnues:
        raise ErreurSocle(f"{chemin} : « {min(inconnues)} » n'est pas un réglage connu, voyez {FICHIER}.")
    for nom, valeur in valeurs.items():
        if isinstance(valeur, bool) or not isinstance(valeur, int | float) or valeur < 0:
            raise ErreurSocle(f"{chemin} : le seuil « {nom} » doit être un nombre positif.")
    for rang, acceptation in enumerate(acceptations, 1):
        if acceptation.get("regle") not in regles:
            raise ErreurSocle(f"{chemin} : acceptation n° {rang}, la règle « {acceptation.get('regle')} » n'existe pas.")
        if not acceptation.get("motif") or acceptation.keys() - {"regle", "motif", "finess_ej", "detail"}:
            raise ErreurSocle(f"{chemin} : acceptation n° {rang}, attendu regle, motif et au plus finess_ej, detail.")
    return Reglages(
        tuple(
            Seuil(nom, valeurs.get(nom, defaut["valeur"]), defaut["libelle"], nom in valeurs) for nom, defaut in defauts.items()
        ),
        tuple(Acceptation(**acceptation) for acceptation in acceptations),
    )


def _lire(chemin: Path) -> dict:
    try:
        with chemin.open("rb") as fichier:
            return tomllib.load(fichier)
    except OSError as erreur:
        raise ErreurSocle(f"Réglages de qualité {chemin} illisibles ({raison(erreur)}) : corrigez SOCLE_QUALITE.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as erreur:
        raise ErreurSocle(f"Réglages de qualité {chemin} mal écrits ({erreur}) : corrigez le fichier.") from None
