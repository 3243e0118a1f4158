"""The other readings of the guides: the figures of marts.lectures are those of a build with one variable changed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import DATE_EXTRACTION, RACINE, lire, une_fois

from socle import graines

CLE = "indicateur, finess_ej, periode_debut, periode_fin"


VARIABLES = [ligne["variable"] for ligne in graines.lire("lectures_possibles")]


@pytest.fixture(scope="session")
def constructions(tmp_path_factory: pytest.TempPathFactory, entrepot_demo: Path, exports_demo: Path) -> Path:
    """A warehouse per variable, in which no other that touches its indicators is changed."""

    def faire(dossier: Path) -> None:
        propre = {cle: valeur for cle, valeur in os.environ.items() if not cle.startswith("SOCLE_")}
        resultat = subprocess.run(
            [sys.executable, RACINE / "tests" / "lectures.py", entrepot_demo, dossier, exports_demo],
            env=propre
            | {"SOCLE_DATE_EXTRACTION": DATE_EXTRACTION, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PYTHONPATH": str(RACINE)},
            capture_output=True,
            text=True,
        )
        assert resultat.returncode == 0, resultat.stdout + resultat.stderr

    return une_fois(tmp_path_factory, "lectures", faire)


@pytest.mark.parametrize("variable", VARIABLES)
def test_une_lecture_est_une_construction_ou_elle_seule_change(constructions: Path, entrepot_demo: Path, variable: str) -> None:
    tables = {ligne["indicateur"]: ligne["nom_table"] for ligne in graines.lire("catalogue_indicateurs")}
    (autre,) = [ligne["autre"] for ligne in graines.lire("lectures_possibles") if ligne["variable"] == variable]
    indicateurs = [ligne["indicateur"] for ligne in graines.lire("lectures_indicateurs") if ligne["variable"] == variable]
    mesures = f"{CLE}, numerateur, denominateur, taux, cible_atteinte"
    union = " union all ".join(f"select {mesures} from marts.{tables[indicateur]}" for indicateur in indicateurs)
    retenues = {ligne[:4]: ligne[4:] for ligne in lire(entrepot_demo, union)}
    construites = {ligne[:4]: ligne[4:] for ligne in lire(constructions / variable / "entrepot.duckdb", union)}
    assert construites.keys() == retenues.keys()
    attendues, changees = {}, 0
    for cle, (numerateur, denominateur, taux, atteinte) in construites.items():
        avant = retenues[cle]
        changees += (numerateur, denominateur, atteinte) != (avant[0], avant[1], avant[3])
        if denominateur or avant[1]:
            ecart = None if taux is None or avant[2] is None else taux - avant[2]
            attendues[cle] = (numerateur, denominateur, taux, atteinte, ecart, atteinte is not avant[3], *avant[:3])
    lues = lire(
        entrepot_demo,
        f"""
        select {mesures}, ecart_points, change_la_cible, numerateur_retenu, denominateur_retenu, taux_retenu
        from marts.lectures where variable = '{variable}' and valeur = '{autre}'
        """,
    )
    assert len(lues) == len(attendues)
    assert {ligne[:4]: ligne[4:] for ligne in lues} == attendues
    assert changees, "the demonstration has nothing that this reading changes"


def effets(entrepot: Path) -> list[str]:
    """The lines of the table of docs/DECISIONS.md: what each reading moves in the demonstration, complete periods only."""

    def nombre(valeur: float) -> str:
        return f"{valeur + 0.0:+.1f}".replace("+0.0", "0").replace("-0.0", "0").replace(".", ",").replace("-", "−")

    return [
        f"| `{variable}` : {retenue} | {autre} | {question} | {indicateurs} | {bouges} / {total} | {nombre(bas)} à {nombre(haut)} |"
        f" {cibles} |"
        for variable, retenue, autre, question, indicateurs, bouges, total, bas, haut, cibles in lire(
            entrepot,
            """
            select variable, any_value(retenue), any_value(autre), any_value(question),
                   string_agg(distinct lectures.indicateur, ', ' order by lectures.indicateur),
                   count(*) filter (where ecart_points <> 0), count(*), min(ecart_points), max(ecart_points),
                   count(*) filter (where change_la_cible)
            from marts.lectures as lectures inner join reference.lectures_possibles using (variable)
            where periode_complete
            group by variable, ordre order by ordre
            """,
        )
    ]


def test_le_journal_donne_l_effet_de_chaque_lecture_sur_la_demonstration(entrepot_demo: Path) -> None:
    journal = (RACINE / "docs" / "DECISIONS.md").read_text(encoding="utf-8")
    lignes = effets(entrepot_demo)
    assert len(lignes) == len(VARIABLES)
    absentes = [ligne for ligne in lignes if ligne not in journal]
    assert not absentes, "à recopier dans docs/DECISIONS.md :\n" + "\n".join(absentes)


def test_chaque_lecture_est_une_variable_du_projet() -> None:
    variables = yaml.safe_load((RACINE / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert {ligne["variable"]: ligne["retenue"] for ligne in graines.lire("lectures_possibles")} == {
        nom: str(variables[nom]) for nom in VARIABLES
    }
    assert {ligne["variable"] for ligne in graines.lire("lectures_indicateurs")} == set(VARIABLES)
    # A reading is looked for in the models: in a macro it would be missed.
    for macro in (RACINE / "macros").rglob("*.sql"):
        lues = set(re.findall(r"""var\(\s*["'](\w+)["']""", macro.read_text(encoding="utf-8")))
        assert not lues & set(VARIABLES), macro
