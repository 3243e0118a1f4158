"""The SQL that computed a figure: the compiled models it comes from, and the code lists they read."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from socle.parametres import RACINE, ErreurSocle

COUCHES = {"staging": "1_staging", "intermediate": "2_intermediaire", "populations": "3_populations", "marts": "4_indicateurs"}
"""Folder of each layer, in the order of reading."""


@lru_cache(maxsize=1)
def _lire(manifeste: Path, _modifie: int) -> dict[str, Any]:
    contenu: dict[str, Any] = json.loads(manifeste.read_text(encoding="utf-8"))
    if not {"nodes", "metadata"} <= contenu.keys():
        raise ValueError(manifeste)
    return contenu


def _manifeste(manifeste: Path) -> dict[str, Any]:
    try:
        return _lire(manifeste, manifeste.stat().st_mtime_ns)
    except (OSError, ValueError):
        raise ErreurSocle(f"{manifeste} manque ou est illisible : relancez « socle run », qui l’écrit.") from None


class Construction(NamedTuple):
    """A build as dbt recorded it: its number, its instant, the git revision of the project."""

    execution_id: str
    instant: datetime
    revision: str


def construction(manifeste: Path) -> Construction:
    """The build that wrote a manifest.

    Args:
        manifeste: ``manifest.json`` of the build.

    Raises:
        ErreurSocle: no manifest.
    """
    metadonnees = _manifeste(manifeste)["metadata"]
    instant = datetime.fromisoformat(metadonnees["generated_at"]).astimezone()
    revision = metadonnees.get("env", {}).get("SOCLE_REVISION") or "inconnue (hors d’un dépôt git)"
    return Construction(metadonnees["invocation_id"], instant, revision)


def ancetres(manifeste: Path, modeles: list[str]) -> dict[str, str]:
    """Compiled SQL of models and of everything they depend on.

    Args:
        manifeste: ``manifest.json`` of the build.
        modeles: names of models.

    Returns:
        Text by path in the archive, ``sql/<layer>/<model>.sql`` and ``referentiels/<seed>.csv``.

    Raises:
        ErreurSocle: no manifest, or one of another build.
    """
    noeuds: dict[str, dict[str, Any]] = _manifeste(manifeste)["nodes"]
    par_nom = {n["name"]: cle for cle, n in noeuds.items() if n["resource_type"] == "model"}
    a_voir = []
    for nom in modeles:
        if nom not in par_nom:
            raise ErreurSocle(f"Le modèle {nom} n’est pas dans {manifeste} : relancez « socle run ».")
        a_voir.append(par_nom[nom])
    textes: dict[str, str] = {}
    vus: set[str] = set()
    while a_voir:
        cle = a_voir.pop()
        if cle in vus or cle not in noeuds:
            continue
        vus.add(cle)
        noeud = noeuds[cle]
        if noeud["resource_type"] == "seed":
            textes[f"referentiels/{noeud['name']}.csv"] = (RACINE / noeud["original_file_path"]).read_bytes().decode()
            continue
        if not noeud.get("compiled_code"):
            raise ErreurSocle(f"Le modèle {noeud['name']} n’a pas été compilé dans {manifeste} : relancez « socle run ».")
        textes[f"sql/{COUCHES.get(noeud['fqn'][1], noeud['fqn'][1])}/{noeud['name']}.sql"] = noeud["compiled_code"].strip() + "\n"
        a_voir += noeud["depends_on"]["nodes"]
    return dict(sorted(textes.items()))
