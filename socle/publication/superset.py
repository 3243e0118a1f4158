"""A dashboard of Superset on the publication, as the file that Superset imports.

Format of the export files of Superset 4 to 6 (``metadata.yaml``, ``databases/``, ``datasets/``, ``charts/``, ``dashboards/``).
The identifiers of the parts follow from their names: importing again adds nothing. (Superset then replaces the page alone.)
"""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import duckdb
import yaml

from socle import sorties
from socle.entrepot import connecter
from socle.lecture.sql import texte_sql
from socle.parametres import ErreurSocle, raison

ARCHIVE = "superset_socle.zip"
COLONNES_DE_LA_GRILLE, HAUTEUR = 12, 50


def ecrire(publication: Path, vers: Path, base: str | None = None) -> Path:
    """Write the dashboard as a file to import.

    Args:
        publication: published DuckDB file, which says the columns and what they mean.
        vers: file to write.
        base: SQLAlchemy address of the database that Superset will read, the DuckDB file itself by default. In PostgreSQL the
            tables are in the schema ``socle``.

    Raises:
        ErreurSocle: there is no publication, or one that cannot be read; the address holds a password; the file cannot be
            written.
    """
    if base and urlsplit(base).password:
        raise ErreurSocle("L'adresse de la base contient un mot de passe : retirez-le, Superset le demande à l'import.")
    if not publication.exists():
        raise ErreurSocle(f"{publication} manque : lancez « socle run » ou « socle publier ».")
    plan = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    lue_en_place = base is None
    parties: dict[str, dict[str, Any]] = {
        "metadata.yaml": {"version": "1.0.0", "type": "Dashboard", "timestamp": "2026-01-01T00:00:00+00:00"},
        "databases/socle.yaml": {
            "database_name": plan["base"],
            "sqlalchemy_uri": base or f"duckdb:///{publication.resolve()}",
            "expose_in_sqllab": True,
            "allow_ctas": False,
            "allow_cvas": False,
            "allow_dml": False,
            "extra": {"engine_params": {"connect_args": {"read_only": True}}} if lue_en_place else {},
            "uuid": _uuid("base"),
            "version": "1.0.0",
        },
    }
    schema = "marts" if lue_en_place else "socle"
    try:
        with connecter(publication) as connexion:
            for table, jeu in plan["jeux"].items():
                parties[f"datasets/socle/{table}.yaml"] = _jeu(connexion, table, jeu, schema)
            for filtre in (filtre for filtre in plan["filtres"] if "defaut" in filtre):
                filtre["defaut"] = [valeur for (valeur,) in connexion.execute(filtre["defaut"]).fetchall()]
    except duckdb.Error:
        raise ErreurSocle(f"{publication} est illisible ou d'une autre version : relancez « socle publier ».") from None
    for nom, graphique in plan["graphiques"].items():
        parties[f"charts/{nom}.yaml"] = {
            "slice_name": graphique["titre"],
            "description": graphique["description"],
            "viz_type": graphique["forme"],
            "params": {"viz_type": graphique["forme"], **_filtres(graphique.get("filtres", [])), **graphique["reglages"]},
            "uuid": _uuid(f"graphique {nom}"),
            "dataset_uuid": _uuid(f"jeu {graphique['jeu']}"),
            "version": "1.0.0",
        }
    parties["dashboards/socle.yaml"] = {
        "dashboard_title": plan["titre"],
        "slug": "socle",
        "uuid": _uuid("tableau"),
        "position": _disposition(plan),
        "metadata": {"cross_filters_enabled": True, "native_filter_configuration": [_filtre(f) for f in plan["filtres"]]},
        "version": "1.0.0",
    }
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w", zipfile.ZIP_DEFLATED) as archive:
        for nom, contenu in parties.items():
            # A fixed date: the same publication gives the same file.
            entree = zipfile.ZipInfo(f"socle/{nom}", (2026, 1, 1, 0, 0, 0))
            archive.writestr(entree, yaml.safe_dump(contenu, allow_unicode=True, sort_keys=False))
    try:
        sorties.ecrire_fichier(vers, tampon.getvalue(), 0o644)
    except OSError as erreur:
        raise ErreurSocle(f"{vers} ne peut pas être écrit ({raison(erreur)}) : vérifiez les droits.") from None
    return vers


def _uuid(nom: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"socle/superset/{nom}"))


def _jeu(connexion: duckdb.DuckDBPyConnection, table: str, jeu: dict[str, Any], schema: str) -> dict[str, Any]:
    """A table, its columns as the publication describes them, and the measures that may be drawn from it."""
    descriptions = connexion.execute(
        f"select column_name, comment from duckdb_columns() where schema_name = 'marts' and table_name = {texte_sql(table)}"
    ).fetchall()
    requete = jeu.get("sql", "select * from {schema}." + table)
    connues = dict(descriptions)
    colonnes = [
        (nom, genre, connues.get(nom))
        for nom, genre, *_ in connexion.execute(f"describe {requete.format(schema='marts')}").fetchall()
    ]
    return {
        "table_name": table,
        "schema": schema,
        "sql": requete.format(schema=schema).strip() if "sql" in jeu else None,
        "description": jeu["description"],
        "main_dttm_col": jeu.get("date"),
        "filter_select_enabled": True,
        "metrics": [
            {"metric_name": nom, "verbose_name": mesure["libelle"], "expression": mesure["calcul"], "d3format": mesure["format"]}
            for nom, mesure in jeu["mesures"].items()
        ],
        "columns": [
            {
                "column_name": nom,
                "type": genre,
                "description": description,
                "is_dttm": genre in ("DATE", "TIMESTAMP"),
                "is_active": True,
                "groupby": True,
                "filterable": True,
            }
            for nom, genre, description in colonnes
        ],
        "uuid": _uuid(f"jeu {table}"),
        "database_uuid": _uuid("base"),
        "version": "1.0.0",
    }


def _filtres(filtres: list[str]) -> dict[str, Any]:
    """Conditions in SQL that a chart always applies."""
    return {
        "adhoc_filters": [
            {"expressionType": "SQL", "clause": "WHERE", "sqlExpression": sql, "filterOptionName": f"filtre_{rang}"}
            for rang, sql in enumerate(filtres)
        ]
    }


def _filtre(filtre: dict[str, Any]) -> dict[str, Any]:
    """What the reader may choose, for every chart of the page."""
    return {
        "id": f"NATIVE_FILTER-{filtre['colonne']}",
        "name": filtre["titre"],
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "targets": [{"datasetUuid": _uuid(f"jeu {filtre['jeu']}"), "column": {"name": filtre["colonne"]}}],
        "controlValues": {"multiSelect": filtre["plusieurs"], "enableEmptyFilter": "defaut" in filtre, "searchAllOptions": True},
        "defaultDataMask": {
            "extraFormData": {"filters": [{"col": filtre["colonne"], "op": "IN", "val": filtre["defaut"]}]},
            "filterState": {"value": filtre["defaut"]},
        }
        if "defaut" in filtre
        else {"extraFormData": {}, "filterState": {}},
        "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
    }


def _disposition(plan: dict[str, Any]) -> dict[str, Any]:
    """Where each chart is: one row a list of names, of equal widths."""
    lignes = {f"ROW-{rang}": noms for rang, noms in enumerate(plan["lignes"])}
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "parents": ["ROOT_ID"], "children": list(lignes)},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": plan["titre"]}},
    }
    for rangee, noms in lignes.items():
        position[rangee] = {
            "type": "ROW", "id": rangee, "parents": ["ROOT_ID", "GRID_ID"], "meta": {"background": "BACKGROUND_TRANSPARENT"},
            "children": [f"CHART-{nom}" for nom in noms],
        }  # fmt: skip
        for nom in noms:
            position[f"CHART-{nom}"] = {
                "type": "CHART", "id": f"CHART-{nom}", "parents": ["ROOT_ID", "GRID_ID", rangee], "children": [],
                "meta": {
                    # Its number here; the import gives it another.
                    "chartId": list(plan["graphiques"]).index(nom) + 1, "uuid": _uuid(f"graphique {nom}"), "sliceName": plan["graphiques"][nom]["titre"],
                    "width": COLONNES_DE_LA_GRILLE // len(noms), "height": HAUTEUR,
                },
            }  # fmt: skip
    return json.loads(json.dumps(position))
