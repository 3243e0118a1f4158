"""What an indicator is made of: each missing piece is named, with the file where it goes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import RACINE

from socle import graines


def manques(racine: Path) -> list[str]:
    """What each indicator of the catalogue lacks, and where to write it."""
    decrits = {
        nom
        for yml in (racine / "models").rglob("*.yml")
        for nom in re.findall(r"(?m)^  - name: (\w+)\n    description:", yml.read_text())
    }
    testes = {nom for yml in (racine / "models").rglob("*.yml") for nom in re.findall(r"(?m)^    model: (\w+)", yml.read_text())}
    unis = (racine / "models" / "marts" / "synthese" / "indicateurs.sql").read_text()
    trouves = []
    for ligne in graines.lire("catalogue_indicateurs"):
        code, table, population, programme = (ligne[c] for c in ("indicateur", "nom_table", "population", "programme"))
        dossier = programme.lower()
        pieces = {
            f"seed definitions : une ligne {code}": code in {d["indicateur"] for d in graines.lire("definitions")},
            f"seed indicateurs_flux : une ligne par flux dont {code} a besoin": code
            in {f["indicateur"] for f in graines.lire("indicateurs_flux")},
            f"models/populations/{dossier}/{population}.sql": any((racine / "models/populations").rglob(f"{population}.sql")),
            f"models/marts/{dossier}/{table}.sql": (racine / f"models/marts/{dossier}/{table}.sql").exists(),
            f"models/populations/_populations.yml : la description de {population}": population in decrits,
            f"models/marts/{dossier}/_{dossier}.yml : la description de {table}": table in decrits,
            f"models/marts/synthese/indicateurs.sql : '{table}' dans la liste": f"'{table}'" in unis,
            f"models/populations/{dossier}/{population}.yml : un test unitaire dbt": population in testes,
        }
        trouves += [f"{code} : {piece}" for piece, la in pieces.items() if not la]
    return trouves


def test_rien_ne_manque_a_un_indicateur() -> None:
    assert not manques(RACINE)


def test_ce_qui_manque_a_un_nouvel_indicateur_est_nomme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for nom in ("seeds", "models"):
        shutil.copytree(RACINE / nom, tmp_path / nom)
    monkeypatch.setattr(graines, "DOSSIER", tmp_path / "seeds")
    with graines.chemin("catalogue_indicateurs").open("a", encoding="utf-8") as catalogue:
        catalogue.write("61,P9.O9,hopen2_p9_o9_essai,pop_hopen2_p9_o9_essai,HOPEN2,Essai,taux,mois,,oui,,non,Guide\n")
    assert manques(tmp_path) == [
        "P9.O9 : seed definitions : une ligne P9.O9",
        "P9.O9 : seed indicateurs_flux : une ligne par flux dont P9.O9 a besoin",
        "P9.O9 : models/populations/hopen2/pop_hopen2_p9_o9_essai.sql",
        "P9.O9 : models/marts/hopen2/hopen2_p9_o9_essai.sql",
        "P9.O9 : models/populations/_populations.yml : la description de pop_hopen2_p9_o9_essai",
        "P9.O9 : models/marts/hopen2/_hopen2.yml : la description de hopen2_p9_o9_essai",
        "P9.O9 : models/marts/synthese/indicateurs.sql : 'hopen2_p9_o9_essai' dans la liste",
        "P9.O9 : models/populations/hopen2/pop_hopen2_p9_o9_essai.yml : un test unitaire dbt",
    ]
