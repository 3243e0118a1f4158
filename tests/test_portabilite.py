"""The SQL outside staging is what DuckDB and Spark 4 share, apart from what a dispatched macro writes for each engine.

The project is compiled from a copy in which every `duckdb__` macro marks what it emits (conftest); a marked part becomes
one name, and what is left must parse in Spark's grammar and call only functions that Spark has.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from conftest import RACINE, marquer
from rejeu import SEMANTIQUES, rejouer
from sqlglot import exp

# Functions used here that Spark SQL 4.0 has under the same name and with the same meaning. A new one is added after a
# look at https://spark.apache.org/docs/4.0.0/api/sql/; one that Spark lacks goes into a dispatched macro. Not concat, which
# skips a null in DuckDB and is null in Spark: « || » is null in both.
FONCTIONS = set(
    "abs avg bool_and bool_or cast ceil coalesce concat_ws count date_trunc day dense_rank first_value floor greatest"
    " lag last_day last_value lead least length lower lpad max max_by min min_by month nullif quarter rank regexp_replace"
    " replace round row_number rtrim split_part substr substring sum trim upper year".split()
)
# What may stand before a parenthesis without being a function.
MOTS = set(
    "all and as by case distinct else exists filter from group having in inner join left like not on or order outer over"
    " partition right select then union using values when where with decimal".split()
)
FORMES_DUCKDB = {
    "cast abrégé « :: »": r"::",
    "division entière « // »": r"//",
    "liste ou indice « [ ] »": r"[\[\]]",
    "fonction anonyme « -> »": r"->",
    "« qualify »": r"\bqualify\b",
    "« exclude »": r"\bexclude\b",
    "« distinct on »": r"\bdistinct\s+on\b",
    "« asof » ou « positional »": r"\b(asof|positional)\s+join\b",
    "date plus un entier": r"\b(date_\w+|periode_\w+|jour\w*|mois)\s*[+-]\s*\d",
    "texte sans longueur : « string »": r"\bas\s+(varchar|text)\b(?!\s*\()",
}


def sans_formes_dispatchees(sql: str) -> str:
    """Replace each marked part by the name of its macro, the innermost first."""
    motif, remplacements = re.compile(r"/\*<(\w+)\*/(?:(?!/\*<).)*?/\*\1>\*/", re.DOTALL), 1
    while remplacements:
        sql, remplacements = motif.subn(r" macro_\1 ", sql)
    return sql


def ecarts(sql: str) -> list[str]:
    """What Spark 4 would refuse in one statement."""
    commun = sans_formes_dispatchees(sql)
    # Without comments nor the content of strings.
    code = re.sub(r"'[^']*'", "''", re.sub(r"--[^\n]*|/\*.*?\*/", "", commun, flags=re.DOTALL)).lower()
    trouves = [nom for nom, motif in FORMES_DUCKDB.items() if re.search(motif, code)]
    try:
        arbre = sqlglot.parse_one(commun, read="spark")
    except sqlglot.errors.ParseError as erreur:
        return [*trouves, f"illisible : {str(erreur).splitlines()[0]}"]
    if any(etoile.args.get("except_") or etoile.args.get("replace") for etoile in arbre.find_all(exp.Star)):
        trouves.append("« * » sauf des colonnes")
    noms = set(re.findall(r"\b([a-z_][a-z0-9_]*)\s*\(", code)) - MOTS - FONCTIONS
    return trouves + [f"fonction {nom}" for nom in sorted(noms)]


def test_le_sql_hors_staging_est_commun_a_duckdb_et_spark(sql_compile: Path) -> None:
    compiles = {
        str(f.relative_to(sql_compile / "models")): f.read_text(encoding="utf-8")
        for f in sorted((sql_compile / "models").rglob("*.sql"))
    }
    sources = {str(f.relative_to(RACINE / "models")) for f in Path(RACINE / "models").rglob("*.sql") if "staging" not in f.parts}
    assert set(compiles) == sources - {"marts/synthese/lectures.sql"}
    refuses = {nom: trouves for nom, sql in compiles.items() if (trouves := ecarts(sql))}
    assert not refuses, "\n".join(f"{nom} : {', '.join(trouves)}" for nom, trouves in refuses.items())


@pytest.mark.parametrize(
    ("sql", "attendu"),
    [
        ("select list_transform(l, x -> x + 1) as y from t", "fonction anonyme « -> »"),
        ("select a from t qualify row_number() over (order by a) = 1", "« qualify »"),
        ("select * exclude (a) from t", "« exclude »"),
        ("select a::int as b from t", "cast abrégé « :: »"),
        ("select arg_max(a, b) as c from t", "fonction arg_max"),
        ("select concat(a, b) as c from t", "fonction concat"),
        ("select date_entree + 1 as b from t", "date plus un entier"),
        ("select cast(null as varchar) as b from t", "texte sans longueur : « string »"),
        ("select a // b as c from t", "division entière « // »"),
        ("select unnest(generate_series(1, 3)) as c", "fonction unnest"),
        ("select a from t where from", "illisible : "),
    ],
)
def test_une_forme_propre_a_duckdb_est_refusee(sql: str, attendu: str) -> None:
    assert any(trouve.startswith(attendu) for trouve in ecarts(sql)), ecarts(sql)


def test_une_forme_dispatchee_est_admise() -> None:
    macro = "{% macro duckdb__liste(x) -%}string_agg({{ x }}, ', ' order by {{ x }}){%- endmacro %}"
    assert "/*<liste*/string_agg" in marquer(macro)
    sql = "select /*<a*/unnest(/*<b*/row(1)::x/*b>*/)/*a>*/ as c, max(d) from /*<r*/(from f[1])/*r>*/ as e"
    assert ecarts(sql) == []


def test_toute_macro_dispatchee_a_une_version_pour_spark() -> None:
    macros = "\n".join(f.read_text(encoding="utf-8") for f in Path(RACINE / "macros").rglob("*.sql"))
    definies = set(re.findall(r"\{%-?\s*macro\s+(\w+)\(", macros))
    dispatchees = set(re.findall(r"adapter\.dispatch\(\s*[\"'](\w+)", macros))
    assert len(dispatchees) > 10
    assert {nom for nom in dispatchees if not definies & {f"default__{nom}", f"spark__{nom}"}} == set()
    # A form of DuckDB whose macro is not dispatched here replaces one of dbt's own, which has its form for Spark.
    assert {nom for nom in definies if nom.startswith("duckdb__")} - {f"duckdb__{nom}" for nom in dispatchees} == {
        "duckdb__persist_docs"
    }


@pytest.mark.parametrize("nom", SEMANTIQUES)
def test_une_autre_semantique_donne_les_memes_lignes(nom: str, sql_compile: Path, entrepot_demo: Path) -> None:
    rejoues, differents = rejouer(nom, sql_compile, entrepot_demo)
    assert rejoues > 10
    assert differents == []
