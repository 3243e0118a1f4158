"""The warehouse that a dbt command opens: the right one, opened by nobody else, never emptied for want of exports."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.flags import get_flags
from dbt_common.events.event_manager_client import add_callback_to_manager
from dbt_common.exceptions import DbtRuntimeError
from dbt_common.invocation import get_invocation_id

from socle import sorties
from socle.entrepot import connecter
from socle.execution import HERITE, VERROU, verrou
from socle.lecture.lac import nettoyer
from socle.lecture.pmsi_transmissions import PART_CUMULATIVE
from socle.parametres import ErreurSocle, Parametres

COMMANDES_QUI_ECRIVENT = frozenset({"build", "run", "seed", "snapshot", "clone", "run-operation"})

_garde = ExitStack()
"""The lock and the folder of preparation of this process, until it ends."""
_reussie = False
_en_place = False
_depot: tuple[Path, Path, bool, dict[str, float]] | None = None
_choisis: dict[str, str] = {}
"""Warehouse of each command of this process."""


def chemin_de_l_entrepot(chemin: str) -> str:
    """Decide which file dbt opens, and take the lock of its folder.

    A whole build is written aside, and replaces the warehouse when dbt ends without an error; any other command opens the
    warehouse itself.

    Args:
        chemin: path of the profile; a relative one is a name in the folder SOCLE_SORTIE, itself relative to the project.

    Raises:
        DbtRuntimeError: no exports to read, another run writes there, a parameter is wrong. Nothing was written.
    """
    # A command may connect again, after an error: it holds the lock already.
    if get_invocation_id() not in _choisis:
        _choisis[get_invocation_id()] = _choisir(chemin)
    return _choisis[get_invocation_id()]


def _choisir(chemin: str) -> str:
    global _en_place, _depot
    drapeaux = get_flags()
    cible = dans_le_projet(drapeaux.TARGET_PATH or "target")
    ecrit = drapeaux.WHICH in COMMANDES_QUI_ECRIVENT
    try:
        parametres = Parametres()
        exports, sortie = drapeaux.VARS.get("exports", parametres.exports), dans_le_projet(parametres.sortie)
        parametres = replace(parametres, exports=dans_le_projet(exports), sortie=sortie)
        entrepot = Path(chemin) if os.path.isabs(chemin) else sortie / Path(chemin).name
        if ecrit and not getattr(drapeaux, "EMPTY", False) and _lit_les_exports():
            _depot = (parametres.exports, dans_le_projet(parametres.lac), parametres.tout_relire, _variables(drapeaux.VARS))
        if _est_herite(entrepot):
            return str(entrepot)
        _fermer_aux_autres(Path(drapeaux.LOG_PATH), cible)
        if _depot:
            parametres.verifier_exports()
        _garde.enter_context(verrou(replace(parametres, sortie=entrepot.parent)))
        if _est_entiere(drapeaux) and entrepot == parametres.entrepot:
            return str(_a_cote(sortie, cible))
    except ErreurSocle as erreur:
        raise DbtRuntimeError(str(erreur)) from None
    _en_place = ecrit
    return str(entrepot)


def depot_a_lire() -> tuple[Path, Path, bool, dict[str, float]] | None:
    """The exports that this command needs, the lake to bring up to date, whether to use nothing of what it holds, and the
    variables that its readers need.
    """
    return _depot


def _variables(donnees: dict[str, Any]) -> dict[str, float]:
    projet = yaml.safe_load((_projet() / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    valeur = donnees.get(PART_CUMULATIVE, projet[PART_CUMULATIVE])
    try:
        return {PART_CUMULATIVE: float(valeur)}
    except (TypeError, ValueError):
        raise ErreurSocle(f"{PART_CUMULATIVE} = « {valeur} » : écrivez un nombre, 0.5 par exemple.") from None


def marquer(connexion: duckdb.DuckDBPyConnection) -> None:
    """Give a warehouse that this command writes in place the number of this command: it is no longer what its run made.

    Args:
        connexion: the connection to the warehouse.
    """
    if (
        _en_place
        and connexion.execute(
            "select 1 from duckdb_tables() where (schema_name, table_name) = ('qualite', 'execution')"
        ).fetchall()
    ):
        connexion.execute("update qualite.execution set execution_id = ?", [get_invocation_id()])


def _est_herite(entrepot: Path) -> bool:
    """« socle run » holds the lock of the folder above, and gave it to this process."""
    with suppress(OSError, ValueError):
        return os.path.samestat(os.fstat(int(os.environ.get(HERITE, ""))), os.stat(entrepot.parent.parent / VERROU))
    return False


@cache
def _projet() -> Path:
    # dbt moves there before it runs anything, and a relative --project-dir then leads elsewhere.
    return Path(get_flags().PROJECT_DIR).resolve()


def dans_le_projet(chemin: str | Path) -> Path:
    """A path, absolute; one that is relative is so to the project, wherever dbt was called from."""
    return Path(os.path.normpath(_projet() / chemin))


def _lit_les_exports() -> bool:
    from dbt.selected_resources import SELECTED_RESOURCES

    return any(noeud.startswith("model.socle.stg_") for noeud in SELECTED_RESOURCES)


def _est_entiere(drapeaux: Any) -> bool:
    """A build of the whole project: nothing in its options takes a model or a seed away."""
    partielle = any(getattr(drapeaux, nom, None) for nom in ("SELECT", "EXCLUDE", "SELECTOR", "RESOURCE_TYPES", "EMPTY"))
    exclus = {str(nom) for nom in getattr(drapeaux, "EXCLUDE_RESOURCE_TYPES", None) or ()}
    return drapeaux.WHICH == "build" and not partielle and not exclus & {"model", "seed"}


def _fermer_aux_autres(journaux: Path, cible: Path) -> None:
    # dbt opened its log before anything could be said of its modes, and it may quote a line of the exports.
    for chemin in (*journaux.glob("dbt.log*"), *(cible / nom for nom in ("compiled", "run", "run_results.json"))):
        with suppress(OSError):
            chemin.chmod(0o700 if chemin.is_dir() else 0o600)


def _a_cote(sortie: Path, cible: Path) -> Path:
    prepare = _garde.enter_context(sorties.preparation(sortie))
    construction = prepare / sorties.ENTREPOT

    def ecouter(evenement: Any) -> None:
        global _reussie
        if evenement.info.name == "EndRunResult":
            _reussie = evenement.data.success

    def achever() -> None:
        try:
            if _reussie:
                _remplacer(construction, sortie, cible)
            else:
                print("socle : la construction n'a pas abouti, l'entrepôt précédent reste en place.", file=sys.stderr)
        except (ErreurSocle, OSError, duckdb.Error) as erreur:
            print(f"socle : entrepôt non remplacé ({erreur}).", file=sys.stderr, flush=True)
            _garde.close()
            os._exit(1)
        _garde.close()

    add_callback_to_manager(ecouter)
    atexit.register(achever)
    return construction


def _remplacer(construction: Path, sortie: Path, cible: Path) -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.env().close()
    manifeste = json.loads((cible / "manifest.json").read_text(encoding="utf-8"))
    attendues = {
        (noeud["schema"], noeud["alias"])
        for noeud in manifeste["nodes"].values()
        if noeud["resource_type"] in ("model", "seed") and noeud["config"]["materialized"] != "ephemeral"
    }
    with connecter(construction, ecriture=True) as connexion:
        presentes = set(connexion.execute("select table_schema, table_name from information_schema.tables").fetchall())
    # « dbt retry » only makes what failed.
    if manquantes := attendues - presentes:
        raise ErreurSocle(f"{len(manquantes)} tables manquent, dont {'.'.join(min(manquantes))} : lancez « dbt build »")
    (construction.parent / sorties.DBT).mkdir()
    shutil.copyfile(cible / "manifest.json", construction.parent / sorties.DBT / "manifest.json")
    sorties.mettre_en_place(construction.parent, sortie, (sorties.DBT, sorties.ENTREPOT))
    nettoyer(dans_le_projet(Parametres(sortie=sortie).lac), sortie / sorties.ENTREPOT, sortie / sorties.PRECEDENT)
