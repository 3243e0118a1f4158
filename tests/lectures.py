"""Builds, once per reading of the guides, what depends on its variable, with that variable alone changed.

usage: python lectures.py WAREHOUSE FOLDER EXPORTS: a copy of the warehouse per variable, FOLDER/<variable>/entrepot.duckdb, in which
what stands between the variable and the indicators it is reported for was built again by dbt. The project is read once: dbt takes its manifest from one build
to the next, variables apart.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

RACINE = Path(__file__).resolve().parents[1]


def lire(nom: str) -> list[dict[str, str]]:
    """Rows of a seed."""
    with (RACINE / "seeds" / f"{nom}.csv").open(encoding="utf-8", newline="") as fichier:
        return list(csv.DictReader(fichier))


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
    tables = {ligne["indicateur"]: ligne["nom_table"] for ligne in lire("catalogue_indicateurs")}
    for lecture in lire("lectures_possibles"):
        variable, autre = lecture["variable"], lecture["autre"]
        indicateurs = {ligne["indicateur"] for ligne in lire("lectures_indicateurs") if ligne["variable"] == variable}
        finaux = {f"model.socle.{tables[indicateur]}" for indicateur in indicateurs}
        aval = {cle for cle, noeud in modeles.items() if variable in noeud.raw_code}
        while suite := {fils for cle in aval for fils in manifeste.child_map[cle] if fils in modeles} - aval:
            aval |= suite
        amont = set(finaux)
        while suite := {pere for cle in amont for pere in manifeste.parent_map[cle] if pere in modeles} - amont:
            amont |= suite
        noms = sorted(modeles[cle].name for cle in aval & amont)
        # dbt knows the tables by the name of the file.
        copie = dossier / variable / "entrepot.duckdb"
        copie.parent.mkdir()
        shutil.copyfile(entrepot, copie)
        os.environ["SOCLE_SORTIE"] = str(copie.parent)
        valeur = int(autre) if autre.isdecimal() else autre
        resultat = dbtRunner(manifest=manifeste).invoke(
            ["run", "--select", *noms, "--vars", json.dumps({variable: valeur}), *commun]
        )
        if not resultat.success:
            raise SystemExit(f"{variable} : {resultat.exception or [r.message for r in resultat.result if r.status == 'error']}")


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
