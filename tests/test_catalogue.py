"""What an indicator is made of: each missing piece is named, with the file where it goes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import textes_du_catalogue
from conftest import RACINE, lire

from socle import graines
from socle.initialisation import CHAMPS_PMSI
from socle.lecture.contrat import contrat


def manques(racine: Path) -> list[str]:
    """What each indicator of the catalogue lacks, and where to write it."""
    testes = {nom for yml in (racine / "models").rglob("*.yml") for nom in re.findall(r"(?m)^    model: (\w+)", yml.read_text())}
    connus = {*contrat(), *(f"pmsi/{champ}" for champ in CHAMPS_PMSI)}
    definis = {ligne["indicateur"] for ligne in graines.lire("definitions")}
    trouves = []
    for ligne in textes_du_catalogue.catalogue():
        code, table, population, programme = (ligne[c] for c in ("indicateur", "nom_table", "population", "programme"))
        dossier, flux = programme.lower(), set(re.split(r", | [|] ", ligne["flux"]))
        pieces = {
            f"seed definitions : une ligne {code}": code in definis,
            "seed catalogue_indicateurs : les flux dont il a besoin": flux <= connus,
            f"models/populations/{dossier}/{population}.sql": any((racine / "models/populations").rglob(f"{population}.sql")),
            f"models/populations/{dossier}/{population}.yml : un test unitaire dbt": population in testes,
            f"models/marts/{dossier}/{table}.sql": (racine / f"models/marts/{dossier}/{table}.sql").exists(),
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
        catalogue.write("61,P9.O9,hopen2_p9_o9_essai,pop_hopen2_p9_o9_essai,HOPEN2,Essai,taux,mois,,,,,non,,Guide\n")
    assert manques(tmp_path) == [
        "P9.O9 : seed definitions : une ligne P9.O9",
        "P9.O9 : seed catalogue_indicateurs : les flux dont il a besoin",
        "P9.O9 : models/populations/hopen2/pop_hopen2_p9_o9_essai.sql",
        "P9.O9 : models/populations/hopen2/pop_hopen2_p9_o9_essai.yml : un test unitaire dbt",
        "P9.O9 : models/marts/hopen2/hopen2_p9_o9_essai.sql",
    ]


def test_ce_que_le_catalogue_dit_ailleurs_est_a_jour() -> None:
    for fichier, page in textes_du_catalogue.pages().items():
        assert fichier.read_text(encoding="utf-8") == page, f"{fichier} : make derives"


def test_les_unites_sont_celles_de_toutes_les_populations(entrepot_demo: Path) -> None:
    colonnes = "finess_ej, periode_debut, periode_fin, axe, unite_id, au_numerateur"
    unies = lire(
        entrepot_demo, "select population, count(*), max(indicateur) is not null from intermediaire.int_unites group by all"
    )
    taux = {ligne["population"] for ligne in textes_du_catalogue.catalogue() if ligne["nature"] == "taux"}
    assert {population for population, *_ in unies} <= taux and len(unies) > 30
    for population in taux:
        lues = f"select {colonnes} from intermediaire.int_unites where population = '{population}'"
        siennes = f"select {colonnes} from populations.{population}"
        assert not lire(entrepot_demo, f"({lues} except all {siennes}) union all ({siennes} except all {lues})")


def test_une_population_dit_sa_source_et_ce_qu_est_une_ligne() -> None:
    """A physician opens one: its header is in French, quotes a guide and says what one row is."""
    for nom, sql in textes_du_catalogue.populations().items():
        entete = textes_du_catalogue.entete(sql)
        assert re.search(r"Guide |ANS, ", entete), nom
        assert re.search(r"\b(par ligne|ligne par|Un \w+.* par ligne)\b", entete), nom
        assert not re.search(r"\b(the|of|one row|those)\b", entete, re.IGNORECASE), nom
