"""The readers' functions, given to the connection of the warehouse: dbt-duckdb loads this package as a plugin."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from socle.lecture import hl7, octets
from socle.lecture.cache import TYPE_FICHIERS, Cache
from socle.lecture.octets import CHAMPS, _table_du_nom, intact, jour_d_extraction, liens, membres


class Plugin(BasePlugin):
    """Gives the warehouse's connection the functions of the readers.

    ``socle_liens(dossier)``: `liens`; ``socle_membres(chemin)``: `membres`; ``socle_intact(chemin, taille, modifie_le)``:
    `intact`; ``socle_jour_d_extraction(dossier)``: `jour_d_extraction`;
    ``socle_table_du_nom(nom)``: `socle.lecture.extraction.table_du_nom`;
    ``socle_inspecter(chemin, delimite)``: an inspection;
    ``socle_lots(flux, version, fichiers)``, ``socle_ranger_lot(flux, lot)``, ``socle_oublier_lots(flux)``,
    ``socle_instantane(projet, fichiers, tables)`` and ``socle_ranger_table(chemin)``: methods of `socle.lecture.cache.Cache`;
    ``socle_messages_hl7(fichiers, chemin, metadonnees)``: `socle.lecture.hl7.ranger`.
    """

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Give dbt the warehouse that it may open; its file holds patient data, so only its owner may read it."""
        from socle.dbt_seul import chemin_de_l_entrepot

        os.umask(0o077)
        if creds.path != ":memory:":
            creds.path = chemin_de_l_entrepot(creds.path)
            octets._parent = Path(creds.path).parent

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the functions once per database."""
        from socle.dbt_seul import dans_le_projet, marquer

        marquer(conn)

        if octets._parent:
            # The warehouse has one writer: what a killed one left is nobody's.
            for reste in octets._parent.glob(f"{octets._PREFIXE}*"):
                if reste != octets._prive:
                    shutil.rmtree(reste, ignore_errors=True)
        dossier = os.environ.get("SOCLE_CACHE")
        cache = Cache(dans_le_projet(dossier) if dossier else None)
        texte, inspection = duckdb.sqltype("VARCHAR"), ", ".join(f"{nom} {genre}" for nom, genre in CHAMPS.items())
        fonctions: list[tuple[str, Any, list[Any], Any, str]] = [
            ("socle_liens", liens, [texte], "VARCHAR[]", "native"),
            ("socle_membres", membres, [texte], "VARCHAR[]", "native"),
            ("socle_intact", intact, [texte, duckdb.sqltype("BIGINT"), duckdb.sqltype("DOUBLE")], "BOOLEAN", "native"),
            ("socle_jour_d_extraction", jour_d_extraction, [texte], "VARCHAR", "native"),
            ("socle_table_du_nom", _table_du_nom, [texte], "STRUCT(flux VARCHAR, jour DATE)", "native"),
            ("socle_inspecter", cache.inspecter_tous, [texte, duckdb.sqltype("BOOLEAN")], f"STRUCT({inspection})", "arrow"),
            ("socle_lots", cache.preparer, [texte, texte, duckdb.sqltype(TYPE_FICHIERS)], "VARCHAR", "native"),
            ("socle_ranger_lot", cache.ranger, [texte, texte], "VARCHAR", "native"),
            ("socle_oublier_lots", cache.oublier, [texte], "BOOLEAN", "native"),
            (
                "socle_instantane",
                cache.instantane,
                [texte, duckdb.sqltype(TYPE_FICHIERS), duckdb.sqltype("VARCHAR[]")],
                "VARCHAR",
                "native",
            ),
            ("socle_ranger_table", cache.ranger_table, [texte], "VARCHAR", "native"),
            ("socle_messages_hl7", hl7.ranger, [texte, texte, texte], "BIGINT", "native"),
        ]
        for nom, fonction, parametres, retour, genre in fonctions:
            conn.create_function(nom, fonction, parametres, duckdb.sqltype(retour), type=genre, side_effects=True)  # type: ignore[arg-type]
