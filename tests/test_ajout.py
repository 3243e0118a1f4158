"""A new indicator of a new programme, as README says to add one: it is in every output, and nothing else had to be written."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import DATE_EXTRACTION, RACINE, copier_pour_alterer, lire

FICHIERS = {
    "models/populations/essai/pop_essai_e1_sejours_courts.sql": """\
-- E1 — séjours de moins de deux jours.
-- Guide d'essai, fiche E1 : parmi les séjours clos dans le mois, ceux qui finissent le jour de l'entrée ou le lendemain.
-- Un séjour par ligne.

select
    finess_ej,
    periode_debut,
    periode_fin,
    'TOUS' as axe,
    sejour_id as unite_id,
    {{ jours_entre('date_entree', 'date_sortie') }} < 2 as au_numerateur
from {{ ref('int_sejours_clos') }}
where nature = 'mois'
""",
    "models/populations/essai/pop_essai_e1_sejours_courts.yml": """\
unit_tests:
  - name: essai_e1_sejours_courts
    model: pop_essai_e1_sejours_courts
    given:
      - input: ref('int_sejours_clos')
        rows:
          - {sejour_id: LENDEMAIN, date_entree: 2023-01-01, date_sortie: 2023-01-02, nature: mois}
          - {sejour_id: SURLENDEMAIN, date_entree: 2023-01-01, date_sortie: 2023-01-03, nature: mois}
          - {sejour_id: SURLENDEMAIN, date_entree: 2023-01-01, date_sortie: 2023-01-03, nature: trimestre_glissant}
    expect:
      rows:
        - {unite_id: LENDEMAIN, au_numerateur: true}
        - {unite_id: SURLENDEMAIN, au_numerateur: false}
""",
    "models/marts/essai/essai_e1_sejours_courts.sql": "{{ calculer_taux('E1', ref('pop_essai_e1_sejours_courts')) }}\n",
}
LIGNES = {
    "catalogue/catalogue_indicateurs": (
        "61,E1,essai_e1_sejours_courts,pop_essai_e1_sejours_courts,ESSAI,Taux de séjours de moins de deux jours,"
        "taux,mois,,,,,non,gam/venues,Guide d’essai"
    ),
    "catalogue/definitions": (
        "E1,Séjours clos dans le mois qui finissent le jour de l’entrée ou le lendemain.,Retenus ou non.,séjour,séjours,,Guide"
    ),
    "catalogue/cibles": "E1,,,,,97,97,Guide d’essai",
    "programmes/programmes": "6,ESSAI,Programme d’essai,MEILLEUR_MOIS,oui,oui,tableau,Guide d’essai",
}


@pytest.fixture(scope="module")
def projet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with the new files and rows, and what follows from them."""
    projet = tmp_path_factory.mktemp("projet")
    for nom in ("models", "macros", "seeds", "analyses", "docs", "tests/fixtures", "tests/singular", "socle"):
        shutil.copytree(RACINE / nom, projet / nom, ignore=shutil.ignore_patterns("__pycache__", "images"))
    for nom in ("dbt_project.yml", "profiles.yml.example", "tests/textes_du_catalogue.py", "tests/colonnes_du_depot.py"):
        shutil.copy(RACINE / nom, projet / nom)
    for nom, texte in FICHIERS.items():
        (projet / nom).parent.mkdir(exist_ok=True)
        (projet / nom).write_text(texte, encoding="utf-8")
    for nom, ligne in LIGNES.items():
        with (projet / "seeds" / f"{nom}.csv").open("a", encoding="utf-8") as seed:
            seed.write(ligne + "\n")
    shutil.copy(projet / "profiles.yml.example", projet / "profiles.yml")
    executer(projet, "tests/textes_du_catalogue.py")
    return projet


@pytest.fixture(scope="module")
def sortie(projet: Path, exports_demo: Path) -> Path:
    """A whole run of that project."""
    sortie = projet / "sortie"
    sortie.mkdir()
    (sortie / "ecran.txt").write_text(socle(projet, exports_demo, "run"), encoding="utf-8")
    return sortie


def executer(projet: Path, *arguments: str, **environnement: str) -> str:
    """Run Python on the package of a project, and return what it prints."""
    propre = {cle: valeur for cle, valeur in os.environ.items() if not cle.startswith("SOCLE_")}
    resultat = subprocess.run(
        [sys.executable, *arguments],
        env=propre | {"PYTHONPATH": str(projet), **environnement},
        cwd=projet,
        capture_output=True,
        text=True,
    )
    assert resultat.returncode == 0, resultat.stdout + resultat.stderr
    return resultat.stdout


def socle(projet: Path, exports: Path, *arguments: str) -> str:
    """The same, of its command line."""
    return executer(
        projet,
        *("-m", "socle.cli", *arguments),
        SOCLE_EXPORTS=str(exports),
        SOCLE_SORTIE=str(projet / "sortie"),
        SOCLE_DATE_EXTRACTION=DATE_EXTRACTION,
        COLUMNS="200",
    )


def test_un_nouvel_indicateur_est_compte(sortie: Path) -> None:
    entrepot = sortie / "entrepot.duckdb"
    comptes = "select finess_ej, periode_debut, count(*) filter (where au_numerateur), count(*) from"
    attendus = lire(entrepot, f"{comptes} populations.pop_essai_e1_sejours_courts group by all order by all")
    assert len(attendus) > 20
    rendus = "select finess_ej, periode_debut, numerateur, denominateur from marts.indicateurs where indicateur = 'E1'"
    assert lire(entrepot, f"{rendus} and denominateur > 0 order by all") == attendus
    assert lire(
        entrepot, "select count(distinct population) from intermediaire.int_unites where population like 'pop_essai%'"
    ) == [(1,)]
    assert lire(entrepot, "select distinct cible, programme from marts.indicateurs_juges where indicateur = 'E1'") == [
        (97, "ESSAI")
    ]
    assert lire(entrepot, "select count(*) > 0 from marts.indicateurs_par_service where indicateur = 'E1'") == [(True,)]


def test_un_nouvel_indicateur_est_decrit(sortie: Path, projet: Path) -> None:
    noeuds = json.loads((sortie / "dbt" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    assert noeuds["model.socle.pop_essai_e1_sejours_courts"]["description"].endswith("Un séjour par ligne.")
    mart = noeuds["model.socle.essai_e1_sejours_courts"]
    assert mart["description"] == "E1 — Taux de séjours de moins de deux jours, par mois."
    assert all(colonne["description"] for colonne in mart["columns"].values()) and len(mart["columns"]) > 15


def test_un_nouveau_programme_est_dans_chaque_sortie(sortie: Path, projet: Path, exports_demo: Path) -> None:
    ecran = (sortie / "ecran.txt").read_text(encoding="utf-8")
    assert "Programme d’essai" in ecran and re.search(r"\bE1 +Taux de séj", ecran)
    page = (sortie / "tableau_de_bord" / "index.html").read_text(encoding="utf-8")
    assert "Programme d’essai" in page and "qui finissent le jour de l’entrée ou le lendemain" in page
    publiees = lire(sortie / "publication" / "socle_marts.duckdb", "select table_name from duckdb_tables()")
    assert ("essai_e1_sejours_courts",) in publiees
    assert lire(
        sortie / "publication" / "socle_marts.duckdb", "select libelle from marts.dimension_indicateurs where indicateur = 'E1'"
    ) == [("Taux de séjours de moins de deux jours",)]
    assert '"E1",' in (sortie / "publication" / "indicateurs.csv").read_text(encoding="utf-8")
    dossiers = sorted((sortie / "dossiers").glob("*_essai_*.zip"))
    assert len(dossiers) == 3
    with zipfile.ZipFile(dossiers[0]) as archive:
        assert any(nom.endswith("pop_essai_e1_sejours_courts.sql") for nom in archive.namelist())
    verification = json.loads(socle(projet, exports_demo, "verifier", "--json"))
    assert "Programme d’essai" in socle(projet, exports_demo, "verifier")
    assert all("E1" in json.dumps(etablissement) for etablissement in verification["etablissements"])
    assert "E1" in socle(projet, exports_demo, "selections", "E1")


def test_ce_qui_manque_au_catalogue_est_nomme(sortie: Path, projet: Path, tmp_path: Path) -> None:
    """dbt finds no indicator without its table nor its words, no programme without indicators, nor the other way round."""
    executer(
        projet,
        *("-c", "from dbt.cli.main import cli; cli()", "--quiet", "test", "--select", "tag:maintenance"),
        *("--target-path", str(sortie / "dbt")),
        SOCLE_SORTIE=str(sortie),
        SOCLE_EXPORTS=str(sortie),
    )
    regles = (sortie / "dbt" / "compiled" / "socle" / "tests" / "singular" / "regles_du_projet.sql").read_text(encoding="utf-8")
    altere = tmp_path / "entrepot.duckdb"
    copier_pour_alterer(
        sortie / "entrepot.duckdb",
        altere,
        "delete from reference.definitions where indicateur = 'E1'",
        "delete from reference.programmes where programme = 'ESSAI'",
        "update reference.catalogue_indicateurs set verification = 'E1' where indicateur = 'E1'",
        "update reference.programmes set jugement = 'MEILEUR_MOIS' where programme = 'IFAQ'",
        "update reference.cibles set indicateur = 'E2' where indicateur = 'E1'",
        "alter table marts.essai_e1_sejours_courts add column non_decrite integer",
        # As a table is while dbt builds the others: its comments come after it.
        "comment on column marts.indicateurs.taux is null",
    )
    assert sorted(lire(altere, regles)) == [
        ("CIBLE", "E2"),
        ("DEFINITION", "E1"),
        ("DESCRIPTION_COLONNE", "essai_e1_sejours_courts.non_decrite"),
        ("JUGEMENT", "IFAQ"),
        ("PROGRAMME", "ESSAI"),
        ("VERIFICATION", "E1"),
    ]
