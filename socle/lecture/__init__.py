"""From the landing zone to the warehouse: inventory of the files, bytes, tables, PMSI, HL7, and the plugin of dbt-duckdb."""

from typing import Any


def __getattr__(nom: str) -> Any:
    # dbt-duckdb takes the class from the package that profiles.yml names; whoever only reads dates needs no dbt.
    if nom == "Plugin":
        from socle.lecture.plugin import Plugin

        return Plugin
    raise AttributeError(nom)
