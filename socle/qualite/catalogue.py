"""The business rules: one SQL file each, that returns one row per finding and says who should care."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DOSSIER = Path(__file__).with_name("regles")
DIMENSIONS = {
    "completude": "Complétude",
    "validite": "Validité",
    "unicite": "Unicité",
    "coherence": "Cohérence",
    "fraicheur": "Fraîcheur",
    "exactitude": "Exactitude",
}
SEVERITES = {"bloquante": "Bloquante", "alerte": "Alerte"}
ENTETES = {"objet", "dimension", "severite", "titre", "explication", "remede", "population"}

_SCHEMAS = r"staging|intermediaire|populations|marts|qualite|reference"
_RELATION = re.compile(rf"\b(?:{_SCHEMAS})\.[a-z_][a-z0-9_]*")
_ENTETE = re.compile(r"-- (?P<cle>[a-z]+): (?P<valeur>.+)")


@dataclass(frozen=True)
class Regle:
    """One business rule.

    ``requete`` returns the columns finess_ej and detail, one row per finding; detail never identifies a person.
    ``objet`` is the relation it judges, ``relations`` those it reads; ``population`` is the query that counts what could
    have failed, where there is such a count.
    """

    nom: str
    objet: str
    dimension: str
    severite: str
    titre: str
    explication: str
    remede: str
    population: str | None
    requete: str
    relations: tuple[str, ...]


def lire_regle(chemin: Path) -> Regle:
    """Read a rule from its SQL file.

    Args:
        chemin: a file that begins with lines ``-- key: French text`` (``--   `` continues the former line).

    Raises:
        ValueError: a header is missing, unknown or out of its values.
    """
    entetes: dict[str, str] = {}
    lignes = chemin.read_text(encoding="utf-8").splitlines()
    cle = ""
    while lignes and lignes[0].startswith("--"):
        ligne = lignes.pop(0)
        if trouve := _ENTETE.fullmatch(ligne):
            cle = trouve["cle"]
            entetes[cle] = trouve["valeur"]
        elif ligne.startswith("--   ") and cle:
            entetes[cle] += " " + ligne[5:]
        else:
            raise ValueError(f"{chemin.name}: header line {ligne!r}")
    requete = "\n".join(lignes).strip()
    if manquants := ENTETES - {"population"} - entetes.keys() or entetes.keys() - ENTETES:
        raise ValueError(f"{chemin.name}: headers {sorted(manquants)}")
    if entetes["dimension"] not in DIMENSIONS or entetes["severite"] not in SEVERITES:
        raise ValueError(f"{chemin.name}: dimension or severite")
    sans_commentaires = "\n".join([re.sub(r"--.*", "", requete), entetes.get("population", "")])
    relations = tuple(dict.fromkeys([entetes["objet"], *_RELATION.findall(sans_commentaires)]))
    return Regle(
        nom=chemin.stem,
        objet=entetes["objet"],
        dimension=entetes["dimension"],
        severite=entetes["severite"],
        titre=entetes["titre"],
        explication=entetes["explication"],
        remede=entetes["remede"],
        population=entetes.get("population"),
        requete=requete,
        relations=relations,
    )


@cache
def regles() -> tuple[Regle, ...]:
    """All the rules, in the order of their names."""
    return tuple(lire_regle(chemin) for chemin in sorted(DOSSIER.glob("*.sql")))
