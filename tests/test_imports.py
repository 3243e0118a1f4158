"""The modules of the package: none needs itself, now or when one of its functions is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from conftest import RACINE


def modules(racine: Path) -> dict[str, Path]:
    noms = {chemin: ".".join(chemin.relative_to(racine).with_suffix("").parts) for chemin in (racine / "socle").rglob("*.py")}
    return {nom.removesuffix(".__init__"): chemin for chemin, nom in noms.items()}


def importes(chemin: Path, connus: dict[str, Path]) -> Iterator[str]:
    """What a module imports of the package, at its top or in a function."""
    for noeud in ast.walk(ast.parse(chemin.read_text(encoding="utf-8"))):
        if isinstance(noeud, ast.Import):
            yield from (alias.name for alias in noeud.names if alias.name in connus)
        elif isinstance(noeud, ast.ImportFrom) and noeud.module in connus:
            membres = [f"{noeud.module}.{alias.name}" for alias in noeud.names]
            yield from (membre if membre in connus else str(noeud.module) for membre in membres)


def ordre(racine: Path) -> list[str]:
    """The modules, each after those that it imports.

    Raises:
        CycleError: there is no such order.
    """
    connus = modules(racine)
    return list(TopologicalSorter({nom: set(importes(chemin, connus)) for nom, chemin in connus.items()}).static_order())


def test_aucun_module_ne_s_importe_lui_meme() -> None:
    try:
        trouves = ordre(RACINE)
    except CycleError as erreur:
        pytest.fail(" → ".join(erreur.args[1]))
    assert len(trouves) > 60 and trouves.index("socle.entrepot") < trouves.index("socle.cli")


def appels(chemin: Path) -> Iterator[str]:
    """What a module calls to open DuckDB, or to rename a file."""
    for noeud in ast.walk(ast.parse(chemin.read_text(encoding="utf-8"))):
        if isinstance(noeud, ast.Call) and isinstance(noeud.func, ast.Attribute):
            appel = ast.unparse(noeud.func)
            # A text is replaced with two arguments, a date with named ones.
            renomme = noeud.func.attr in ("rename", "renames") or (noeud.func.attr == "replace" and len(noeud.args) == 1)
            if appel == "duckdb.connect" or renomme or appel in ("os.replace", "shutil.move"):
                yield "duckdb.connect" if appel == "duckdb.connect" else "renommer"


def test_une_seule_porte_ouvre_et_une_seule_pose() -> None:
    trouves = {(appel, nom) for nom, chemin in modules(RACINE).items() for appel in appels(chemin)}
    assert trouves == {("duckdb.connect", "socle.entrepot"), ("renommer", "socle.sorties")}


def test_un_cercle_se_voit(tmp_path: Path) -> None:
    (tmp_path / "socle" / "b").mkdir(parents=True)
    (tmp_path / "socle" / "__init__.py").touch()
    (tmp_path / "socle" / "b" / "__init__.py").write_text("def f():\n    from socle import a\n")
    (tmp_path / "socle" / "b" / "c.py").write_text("import os\n")
    (tmp_path / "socle" / "a.py").write_text("from socle.b import c\n")
    assert ordre(tmp_path)
    (tmp_path / "socle" / "b" / "c.py").write_text("from socle.b import f\n")
    with pytest.raises(CycleError):
        ordre(tmp_path)
