"""Builds, for each reading of the guides, what depends on its variable, with that variable alone changed.

usage: python lectures.py WAREHOUSE FOLDER EXPORTS: a copy of the warehouse per variable, FOLDER/<variable>/entrepot.duckdb, in which
what stands between the variable and the indicators it is reported for was built again by dbt. Variables of which none touches
what the others are reported for share a build. The project is read once: dbt takes its manifest from one build to the next,
variables apart.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Container
from pathlib import Path

from dbt.cli.main import dbtRunner

from socle import graines

RACINE = Path(__file__).resolve().parents[1]


def main(entrepot: Path, dossier: Path, exports: Path) -> None:
    """Build every reading."""
    (dossier / "profil").mkdir()
    shutil.copyfile(RACINE / "profiles.yml.example", dossier / "profil" / "profiles.yml")
    os.environ |= {"SOCLE_EXPORTS": str(exports), "SOCLE_SORTIE": str(dossier)}
    commun = [
        *("--project-dir", str(RACINE), "--profiles-dir", str(dossier / "profil")),
        *("--target-path", str(dossier / "cible"), "--log-path", str(dossier / "logs"), "--quiet"),
    ]
    manifeste = dbtRunner().invoke(["parse", *commun]).result
    modeles = {cle: noeud for cle, noeud in manifeste.nodes.items() if noeud.resource_type == "model"}
    tables = {ligne["indicateur"]: ligne["nom_table"] for ligne in graines.lire("catalogue_indicateurs")}
    groupes: list[dict[str, tuple[set[str], set[str]]]] = []
    valeurs: dict[str, int | str] = {}
    for lecture in graines.lire("lectures_possibles"):
        variable, autre = lecture["variable"], lecture["autre"]
        valeurs[variable] = int(autre) if autre.isdecimal() else autre
        indicateurs = {ligne["indicateur"] for ligne in graines.lire("lectures_indicateurs") if ligne["variable"] == variable}
        finaux = {f"model.socle.{tables[indicateur]}" for indicateur in indicateurs}
        aval = _proches({cle for cle, noeud in modeles.items() if variable in noeud.raw_code}, manifeste.child_map, modeles)
        for groupe in groupes:
            if not any(finaux & son_aval or ses_finaux & aval for ses_finaux, son_aval in groupe.values()):
                groupe[variable] = finaux, aval
                break
        else:
            groupes.append({variable: (finaux, aval)})
    for groupe in groupes:
        noms = sorted(
            {modeles[cle].name for f, aval in groupe.values() for cle in aval & _proches(f, manifeste.parent_map, modeles)}
        )
        # dbt knows the tables by the name of the file.
        premiere, *autres = groupe
        copie = dossier / premiere / "entrepot.duckdb"
        copie.parent.mkdir()
        shutil.copyfile(entrepot, copie)
        for variable in autres:
            (dossier / variable).symlink_to(copie.parent)
        os.environ["SOCLE_SORTIE"] = str(copie.parent)
        variables = json.dumps({variable: valeurs[variable] for variable in groupe})
        resultat = dbtRunner(manifest=manifeste).invoke(["run", "--select", *noms, "--vars", variables, *commun])
        if not resultat.success:
            raise SystemExit(f"{variables} : {resultat.exception or [r.message for r in resultat.result if r.status == 'error']}")


def _proches(cles: set[str], voisins: dict[str, list[str]], modeles: Container[str]) -> set[str]:
    """Some models, and all those that are reached from them."""
    trouves = set(cles)
    while suite := {autre for cle in trouves for autre in voisins[cle] if autre in modeles} - trouves:
        trouves |= suite
    return trouves


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
