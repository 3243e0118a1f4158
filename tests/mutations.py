"""Remove each clause of each population in turn and see whether a unit test notices.

    python tests/mutations.py [model …] [--entrepot FILE] [--toutes]

dbt compiles the models once; the rows of its unit tests are then run against the mutants in an in-memory DuckDB, without
dbt. A mutant that gives the expected rows of every test of its model survives: its clause is not tested. Survivors that
no row can kill are listed with the reason in ``mutations_equivalentes.csv``. Exit status 1 when another one survives,
when a model has no unit test, or when a listed survivor does not survive any more.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

RACINE = Path(__file__).resolve().parents[1]
EQUIVALENTES = Path(__file__).with_name("mutations_equivalentes.csv")
DOSSIERS = (
    "populations", "intermediate", "marts/hopen2", "marts/ifaq", "marts/sun_es", "marts/segur_v2",
    "marts/synthese/entonnoir.sql", "marts/synthese/evolution.sql", "marts/synthese/ght_atteinte.sql",
    "marts/synthese/indicateurs_juges.sql", "marts/synthese/meilleurs_mois.sql", "marts/synthese/hopen2_meilleur_mois.sql", "marts/synthese/ifaq_meilleur_mois.sql",
    "marts/synthese/prerequis.sql", "marts/synthese/depots_ailleurs.sql", "marts/synthese/indicateurs_par_service.sql",
    "marts/synthese/sun_es_fenetres.sql", "marts/synthese/sun_es_financement.sql", "marts/synthese/sun_es_gains.sql",
    "qualite/rapprochement_national.sql", "qualite/rapprochement_pmsi_gam.sql", "qualite/anomalies_pmsi.sql",
    "marts/dimensions/dimension_indicateurs.sql", "marts/dossier",
)  # fmt: skip
MESSAGES = re.compile("^int_(gam|dpi)_messages")
"""Models that resolve HL7 messages: whole messages test them (``test_hl7.py``), not rows."""
MACROS_DE_CALCUL = ("calculer_taux(", "compter(")
SANS_CLAUSE = ("int_unites",)
"""A union of all the populations, and nothing else: ``test_catalogue.py`` compares it with them."""
BANCS = ("hopen2_p1_o7_mss_pro", "segur_v2_mss_citoyenne_sejours", "segur_v2_alimentation_historique")
"""A mart ends with a call of one of these macros, the same for all: its clauses are tried on these marts only."""
DATE_EXTRACTION = "2023-12-31"
DUREE_MAXIMALE = 5.0
"""Seconds given to one mutant: without its bound, a recursive search never ends."""

Lignes = Counter[tuple[str | None, ...]]


@dataclass(frozen=True)
class Mutant:
    """A changed statement: which rule of change, and the clause concerned, as one reads it in the model."""

    regle: str
    clause: str
    sql: str


@dataclass
class TestUnitaire:
    """A unit test as dbt's manifest gives it: rows per input relation, expected rows, variables."""

    nom: str
    modele: str
    entrees: dict[str, list[dict[str, Any]]]
    attendu: list[dict[str, Any]]
    variables: dict[str, Any]


def compiler(variables: dict[str, Any], modeles: list[str]) -> dict[str, Any]:
    """Compile the models with dbt and return the manifest.

    Args:
        variables: dbt variables, over ``date_extraction``.
        modeles: names of the models; those of ``DOSSIERS`` when empty.

    Raises:
        SystemExit: dbt failed; its output is shown.
    """
    with tempfile.TemporaryDirectory() as dossier:
        (Path(dossier) / "profiles.yml").write_text((RACINE / "profiles.yml.example").read_text(encoding="utf-8"))
        commande = ["dbt", "--quiet", "compile", "--profiles-dir", dossier, "--target-path", dossier, "--select"]
        commande += modeles or [f"path:models/{nom}" for nom in DOSSIERS]
        commande += ["--vars", json.dumps({"date_extraction": DATE_EXTRACTION} | variables)]
        environnement = os.environ | {"SOCLE_SORTIE": dossier, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        resultat = subprocess.run(commande, cwd=RACINE, env=environnement, capture_output=True, text=True)
        if resultat.returncode:
            sys.exit(resultat.stdout + resultat.stderr)
        return json.loads((Path(dossier) / "manifest.json").read_text(encoding="utf-8"))


def tests_unitaires(manifeste: dict[str, Any]) -> Iterator[TestUnitaire]:
    """Yield the unit tests of the manifest; rows written as SQL are not understood."""
    for test in manifeste["unit_tests"].values():
        if any(bloc.get("format", "dict") == "sql" for bloc in [*test["given"], test["expect"]]):
            sys.exit(f"Test unitaire {test['name']} : écrivez ses lignes en dictionnaires ou en CSV.")
        # "ref('x')" → x
        entrees = {bloc["input"].split("'")[1]: bloc["rows"] or [] for bloc in test["given"]}
        variables = (test.get("overrides") or {}).get("vars") or {}
        yield TestUnitaire(test["name"], test["model"], entrees, test["expect"]["rows"] or [], variables)


def colonnes_de(entrepot: Path) -> dict[str, dict[str, str]]:
    """Columns and types of every table of a warehouse, which may be empty (``dbt run --empty``)."""
    types: dict[str, dict[str, str]] = defaultdict(dict)
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        for table, colonne, type_ in connexion.execute(
            "select table_name, column_name, data_type from information_schema.columns where table_schema <> 'depot' order by ordinal_position"
        ).fetchall():
            types[table][colonne] = type_
    return types


def _conjoints(condition: exp.Expression, lien: type[exp.Connector]) -> list[exp.Expression]:
    """Operands of a chain of « and » or « or »."""
    condition = condition.unnest()
    if isinstance(condition, lien):
        return [*_conjoints(condition.left, lien), *_conjoints(condition.right, lien)]
    return [condition]


def _nom(noeud: exp.Expression) -> str:
    return " ".join(noeud.sql("duckdb").split())


def mutants(sql: str, cte_seules: bool = False) -> list[Mutant]:
    """Every statement that differs from this one by the removal or the loosening of one clause.

    Args:
        sql: statement in DuckDB's dialect.
        cte_seules: leave the final select alone: a macro wrote it.
    """
    arbre = sqlglot.parse_one(sql, dialect="duckdb")
    liste: list[Mutant] = []

    def ajouter(regle: str, noeud: exp.Expression, remplacant: exp.Expression | None, clause: str | None = None) -> None:
        """Replace one node by another in a copy of the tree; None removes it."""
        chemin = _chemin(noeud)
        copie = arbre.copy()
        cible = _suivre(copie, chemin)
        if remplacant is None:
            cible.pop()
        elif chemin:
            cible.replace(remplacant.copy())
        else:
            copie = remplacant.copy()
        liste.append(Mutant(regle, clause or _nom(noeud), copie.sql("duckdb")))

    vrai, faux = exp.true(), exp.false()
    for noeud in arbre.walk():
        if cte_seules and noeud.find_ancestor(exp.CTE) is None:
            continue
        parent = noeud.parent
        if isinstance(noeud, exp.And) and not isinstance(parent, exp.And):
            for terme in _conjoints(noeud, exp.And):
                ajouter("sans la condition", terme, vrai)
        elif isinstance(noeud, exp.Or) and not isinstance(parent, exp.Or):
            for terme in _conjoints(noeud, exp.Or):
                ajouter("sans l'alternative", terme, faux)
        elif isinstance(noeud, exp.Where | exp.Having) and not isinstance(noeud.this.unnest(), exp.And):
            ajouter("sans la condition", noeud.this, vrai)
        elif isinstance(noeud, exp.Join):
            condition = noeud.args.get("on")
            if condition is not None and not isinstance(condition.unnest(), exp.And):
                ajouter("sans la condition", condition, vrai)
            if noeud.args.get("side") == "LEFT":
                autre = noeud.copy()
                autre.set("side", None)
                autre.set("kind", "INNER")
                ajouter("left join → inner join", noeud, autre, f"left join {_nom(noeud.this)}")
            elif noeud.args.get("kind") == "INNER":
                autre = noeud.copy()
                autre.set("side", "LEFT")
                autre.set("kind", None)
                ajouter("inner join → left join", noeud, autre, f"inner join {_nom(noeud.this)}")
        elif isinstance(noeud, exp.Distinct) and noeud.parent is not None:
            if isinstance(parent, exp.Select):
                autre = parent.copy()
                autre.set("distinct", None)
                ajouter("sans distinct", parent, autre, f"select distinct {', '.join(_nom(e) for e in parent.expressions)}")
            elif len(noeud.expressions) == 1:
                ajouter("sans distinct", noeud, noeud.expressions[0])
        elif isinstance(noeud, exp.Union) and noeud.args.get("distinct"):
            autre = noeud.copy()
            autre.set("distinct", False)
            ajouter("union → union all", noeud, autre, "union")
        elif isinstance(noeud, exp.In) and len(noeud.expressions) > 1:
            for valeur in noeud.expressions:
                ajouter("sans la valeur", valeur, None, f"{_nom(noeud)}: {_nom(valeur)}")
        elif isinstance(noeud, exp.Between):
            bas = exp.GTE(this=noeud.this.copy(), expression=noeud.args["low"].copy())
            haut = exp.LTE(this=noeud.this.copy(), expression=noeud.args["high"].copy())
            ajouter("sans la borne haute", noeud, bas)
            ajouter("sans la borne basse", noeud, haut)
        elif isinstance(noeud, exp.Not) and not isinstance(noeud.this, exp.Is | exp.NullSafeEQ | exp.In):
            ajouter("sans la négation", noeud, noeud.this)
        elif isinstance(noeud, exp.Coalesce):
            ajouter("sans coalesce", noeud, noeud.this)
        elif type(noeud) in _BORNES:
            autre = _BORNES[type(noeud)](this=noeud.this.copy(), expression=noeud.expression.copy())
            ajouter("borne déplacée", noeud, autre)
        elif isinstance(noeud, exp.Filter):
            ajouter("sans filter", noeud, noeud.this)
        elif isinstance(noeud, exp.If) and isinstance(parent, exp.Case):
            ajouter("sans la branche", noeud, None)
        elif type(noeud) in _EXTREMES and not _est_pivot(noeud):
            ajouter("min ↔ max", noeud, _EXTREMES[type(noeud)](**noeud.copy().args))
    return _numeroter(liste)


def _numeroter(liste: list[Mutant]) -> list[Mutant]:
    """Tell apart the clauses of one model that read alike: « clause [2] »."""
    vues: Counter[tuple[str, str]] = Counter()
    numerotes = []
    for mutant in liste:
        vues[mutant.regle, mutant.clause] += 1
        rang = vues[mutant.regle, mutant.clause]
        numerotes.append(mutant if rang == 1 else Mutant(mutant.regle, f"{mutant.clause} [{rang}]", mutant.sql))
    return numerotes


def _est_pivot(noeud: exp.Expression) -> bool:
    """``max(case when x = 'literal' then …)`` picks the one value of a row: least or greatest, it is the same."""
    cas = noeud.this
    if not isinstance(cas, exp.Case) or len(cas.args["ifs"]) != 1 or cas.args.get("default") is not None:
        return False
    condition = cas.args["ifs"][0].this
    egalites = _conjoints(condition, exp.And)
    return isinstance(egalites[0], exp.EQ) and isinstance(egalites[0].expression, exp.Literal)


_BORNES: dict[type[exp.Expression], type[exp.Expression]] = {exp.LT: exp.LTE, exp.LTE: exp.LT, exp.GT: exp.GTE, exp.GTE: exp.GT}
_EXTREMES: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.Min: exp.Max, exp.Max: exp.Min, exp.ArgMax: exp.ArgMin, exp.ArgMin: exp.ArgMax,
}  # fmt: skip


def _chemin(noeud: exp.Expression) -> list[tuple[str, int | None]]:
    chemin = []
    while noeud.parent is not None:
        chemin.append((noeud.arg_key, noeud.index))
        noeud = noeud.parent
    return chemin[::-1]


def _suivre(arbre: exp.Expression, chemin: list[tuple[str, int | None]]) -> exp.Expression:
    for cle, rang in chemin:
        arbre = arbre.args[cle] if rang is None else arbre.args[cle][rang]
    return arbre


class Banc:
    """In-memory database that holds the input rows of one unit test at a time."""

    def __init__(self, types: dict[str, dict[str, str]], manifeste: dict[str, Any]) -> None:
        """Open the database.

        Args:
            types: columns and types per table.
            manifeste: dbt's manifest, for the schema of each node and the rows of the seeds.
        """
        self.connexion = duckdb.connect(config={"threads": 1})
        self.connexion.execute("attach ':memory:' as entrepot")
        self.types = types
        self.places = {n["name"]: (n["schema"], n["alias"]) for n in manifeste["nodes"].values() if "schema" in n}
        self.graines = {
            n["name"]: RACINE / n["original_file_path"] for n in manifeste["nodes"].values() if n["resource_type"] == "seed"
        }
        self.dependances = {n["name"]: [d.split(".")[-1] for d in n["depends_on"]["nodes"]] for n in manifeste["nodes"].values() if n["resource_type"] == "model"}  # fmt: skip

    def installer(self, test: TestUnitaire) -> None:
        """Replace the input tables by the rows of a test; a seed that it does not give keeps its own rows."""
        for nom in self.dependances[test.modele]:
            schema, table = self.places[nom]
            if table not in self.types:
                sys.exit(f"{test.modele} lit {nom}, que l'entrepôt ne contient pas : construisez-le (dbt run --empty).")
            self.connexion.execute(f'create schema if not exists entrepot."{schema}"')
            relation = f'entrepot."{schema}"."{table}"'
            definition = ", ".join(f'"{colonne}" {type_}' for colonne, type_ in self.types[table].items())
            self.connexion.execute(f"create or replace table {relation} ({definition})")
            if nom in test.entrees:
                lignes = test.entrees[nom]
            elif nom in self.graines:
                with open(self.graines[nom], encoding="utf-8", newline="") as fichier:
                    lignes = [{c: v or None for c, v in ligne.items()} for ligne in csv.DictReader(fichier)]
            else:
                sys.exit(f"{test.nom} : donnez les lignes de {nom}.")
            for ligne in lignes:
                if inconnues := set(ligne) - set(self.types[table]):
                    sys.exit(f"{test.nom} : {nom} n'a pas de colonne {', '.join(sorted(inconnues))}.")
                noms = ", ".join(f'"{colonne}"' for colonne in ligne)
                valeurs = ", ".join(f"cast(? as {self.types[table][colonne]})" for colonne in ligne)
                self.connexion.execute(f"insert into {relation} ({noms}) values ({valeurs})", list(ligne.values()))

    def resultat(self, sql: str, colonnes: list[str]) -> Lignes:
        """Rows of a statement, as text. A statement that fails or never ends raises duckdb.Error."""
        minuterie = threading.Timer(DUREE_MAXIMALE, self.connexion.interrupt)
        minuterie.start()
        try:
            choix = ", ".join(f'cast("{colonne}" as varchar)' for colonne in colonnes)
            return Counter(self.connexion.execute(f"select {choix} from ({sql}) as resultat").fetchall())
        finally:
            minuterie.cancel()

    def attendu(self, test: TestUnitaire, sql: str) -> tuple[list[str], Lignes]:
        """Columns that the test looks at, and its expected rows, as text of the model's own types."""
        colonnes = sorted({colonne for ligne in test.attendu for colonne in ligne})
        decrites = {nom: type_ for nom, type_, *_ in self.connexion.execute(f"describe ({sql})").fetchall()}
        if not colonnes:
            return list(decrites), Counter()
        lignes: Lignes = Counter()
        for ligne in test.attendu:
            choix = ", ".join(f"cast(cast(? as {decrites[colonne]}) as varchar)" for colonne in colonnes)
            lignes[self.connexion.execute(f"select {choix}", [ligne.get(c) for c in colonnes]).fetchone()] += 1  # type: ignore[index]
        return colonnes, lignes


def eprouver(banc: Banc, tests: list[tuple[TestUnitaire, str]], original: str, cte_seules: bool) -> tuple[list[Mutant], int]:
    """Run every mutant of a model against its unit tests.

    Args:
        banc: the database.
        tests: tests of the model, each with the model's statement for its variables.
        original: the statement whose clauses are numbered; the same clause is changed in the others.
        cte_seules: leave the final select alone.

    Returns:
        The mutants that survived, and how many there were.
    """
    vivants = {rang: mutant for rang, mutant in enumerate(mutants(original, cte_seules))}
    total = len(vivants)
    for test, sql in tests:
        banc.installer(test)
        colonnes, attendu = banc.attendu(test, sql)
        obtenu = banc.resultat(sql, colonnes)
        if obtenu != attendu:
            sys.exit(
                f"{test.nom} échoue déjà sans mutation.\nen trop  {dict(obtenu - attendu)}\nabsentes {dict(attendu - obtenu)}"
            )
        variantes = list(vivants.items()) if sql == original else [
            (rang, mutant) for rang, mutant in enumerate(mutants(sql, cte_seules)) if rang in vivants
        ]  # fmt: skip
        for rang, mutant in variantes:
            try:
                if banc.resultat(mutant.sql, colonnes) == attendu:
                    continue
            except duckdb.Error:
                pass
            del vivants[rang]
    return list(vivants.values()), total


def equivalentes() -> dict[tuple[str, str, str], str]:
    """Survivors that no row can kill, with the reason; model « * » is any model."""
    if not EQUIVALENTES.exists():
        return {}
    with open(EQUIVALENTES, encoding="utf-8", newline="") as fichier:
        return {(ligne["modele"], ligne["regle"], ligne["clause"]): ligne["raison"] for ligne in csv.DictReader(fichier)}


def main() -> None:
    """Print the survivors, model by model."""
    analyseur = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    analyseur.add_argument("modeles", nargs="*", help=f"modèles à éprouver (tous ceux de {', '.join(DOSSIERS)})")
    defaut = Path(os.environ.get("SOCLE_SORTIE", RACINE / "sortie")) / "entrepot.duckdb"
    analyseur.add_argument("--entrepot", type=Path, default=defaut, help="entrepôt, même vide, où lire les types")
    analyseur.add_argument("--toutes", action="store_true", help="montrer aussi les mutations équivalentes")
    arguments = analyseur.parse_args()
    if not arguments.entrepot.exists():
        sys.exit(f"Entrepôt {arguments.entrepot} absent : lancez « dbt seed && dbt run --empty » ou donnez --entrepot.")

    manifeste = compiler({}, arguments.modeles)
    compiles = {"{}": {n["name"]: n["compiled_code"] for n in manifeste["nodes"].values() if n.get("compiled_code")}}
    banc = Banc(colonnes_de(arguments.entrepot), manifeste)
    par_modele: dict[str, list[TestUnitaire]] = defaultdict(list)
    for test in tests_unitaires(manifeste):
        if test.modele in compiles["{}"]:
            cle = json.dumps(
                {k: v for k, v in test.variables.items() if (k, v) != ("date_extraction", DATE_EXTRACTION)}, sort_keys=True
            )
            if cle not in compiles:
                autre = compiler(json.loads(cle), arguments.modeles)
                compiles[cle] = {n["name"]: n["compiled_code"] for n in autre["nodes"].values() if n.get("compiled_code")}
            test.variables = {"cle": cle}
            par_modele[test.modele].append(test)

    connues, revues, echec = equivalentes(), set(), False
    prefixe = tuple(f"models/{nom}" for nom in DOSSIERS)
    noms = arguments.modeles or sorted(
        n["name"]
        for n in manifeste["nodes"].values()
        if n["resource_type"] == "model"
        and n["original_file_path"].startswith(prefixe)
        and not MESSAGES.search(n["name"])
        and n["name"] not in SANS_CLAUSE
    )
    somme = 0
    sources = {n["name"]: n["raw_code"] for n in manifeste["nodes"].values() if n["resource_type"] == "model"}
    for nom in noms:
        cte_seules = nom not in BANCS and any(macro in sources[nom] for macro in MACROS_DE_CALCUL)
        if cte_seules and not mutants(compiles["{}"][nom], cte_seules):
            continue
        if not par_modele[nom]:
            print(f"{nom:45} aucun test unitaire")
            echec = True
            continue
        original = compiles["{}"][nom]
        survivants, total = eprouver(
            banc, [(t, compiles[t.variables["cle"]][nom]) for t in par_modele[nom]], original, cte_seules
        )
        somme += total
        cles = [(nom, mutant.regle, mutant.clause) for mutant in survivants]
        inconnus = [m for m, cle in zip(survivants, cles, strict=True) if cle not in connues and ("*", *cle[1:]) not in connues]
        revues.update(cles)
        echec = echec or bool(inconnus)
        print(f"{nom:45} {total:4} mutations, {len(survivants) - len(inconnus):3} équivalentes, {len(inconnus):3} survivantes")
        for mutant in survivants if arguments.toutes else inconnus:
            print(f"    {mutant.regle} : {mutant.clause}")
    for cle in sorted(set(connues) - revues):
        if cle[0] in noms:
            print(f"mutations_equivalentes.csv : {' | '.join(cle)} ne survit plus, retirez la ligne")
            echec = True
    print(f"{len(noms)} modèles, {somme} mutations")
    sys.exit(echec)


if __name__ == "__main__":
    main()
