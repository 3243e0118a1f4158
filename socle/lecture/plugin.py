"""What dbt-duckdb loads (``profiles.yml``): the right warehouse, with the lake shown to it.

A command that writes and needs the exports has the lake brought up to date as soon as it connects, once; the warehouse then
has a view in the schema ``depot`` for each of dbt's sources.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note
from dbt_common.exceptions import DbtRuntimeError

from socle.lecture import octets
from socle.lecture.depot import mettre_a_jour, vues_vides
from socle.lecture.extraction import jour_d_extraction
from socle.parametres import ErreurSocle


def _dire(message: str) -> None:
    fire_event(Note(msg=message))


class Plugin(BasePlugin):
    """Opens the warehouse, and gives it ``depot`` and ``socle_jour_d_extraction(dossier)`` (AAAA-MM-JJ)."""

    _a_jour = False

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Give dbt the warehouse that it may open; its file holds patient data, so only its owner may read it."""
        from socle.dbt_seul import chemin_de_l_entrepot

        os.umask(0o077)
        if creds.path != ":memory:":
            creds.path = chemin_de_l_entrepot(creds.path)
            dossier = Path(creds.path).parent
            # The warehouse has one writer: what a killed one left is nobody's.
            octets.changer_de_dossier_prive(dossier)

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Show the lake to the warehouse, once it holds what the exports hold."""
        from socle.dbt_seul import depot_a_lire, marquer

        marquer(conn)
        conn.create_function("socle_jour_d_extraction", _jour, [duckdb.sqltype("VARCHAR")], duckdb.sqltype("VARCHAR"))
        if self._a_jour:
            return
        vues: list[str] = []
        try:
            if depot := depot_a_lire():
                vues = mettre_a_jour(*depot, dire=_dire)
            elif not conn.execute("select 1 from duckdb_views() where schema_name = 'depot'").fetchall():
                vues = vues_vides()
        except ErreurSocle as erreur:
            raise DbtRuntimeError(str(erreur)) from None
        for vue in vues:
            conn.execute(vue)
        self._a_jour = True


@cache
def _jour(dossier: str) -> str:
    extraction = jour_d_extraction(Path(dossier))
    _dire(str(extraction))
    return extraction.jour.isoformat()
