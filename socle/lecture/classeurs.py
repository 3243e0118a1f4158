"""Excel workbooks: one sheet of a ``.xlsx``, written as the tabulated text that the readers know.

DuckDB's ``excel`` extension reads them; it comes with its package, never from the network.
"""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path

import duckdb
import duckdb_extension_excel
from lxml import etree

from socle.entrepot import connecter
from socle.lecture.archives import PLANCHER_OCTETS, RAPPORT_MAXIMAL, ArchiveIllisible
from socle.lecture.sql import chemin_sql, nom_sql, texte_sql
from socle.parametres import memoire_du_moteur

SUFFIXE = ".xlsx"
ORIGINE = "timestamp '1899-12-30'"
"""The day 0 of Excel's dates, which are numbers of days."""


def est_classeur(chemin: str | Path) -> bool:
    """True when a file's name is that of a workbook, in any case."""
    return str(chemin).lower().endswith(SUFFIXE)


def feuilles(chemin: str | Path) -> list[str]:
    """Names of the sheets of a workbook, in its order.

    Raises:
        ArchiveIllisible: it is no workbook, or its contents are out of all proportion with its size.
        OSError: it cannot be opened.
    """
    try:
        with zipfile.ZipFile(chemin) as archive:
            if sum(e.file_size for e in archive.infolist()) > max(PLANCHER_OCTETS, Path(chemin).stat().st_size * RAPPORT_MAXIMAL):
                raise ArchiveIllisible(f"classeur qui se déploie à plus de {RAPPORT_MAXIMAL} fois sa taille")
            sommaire = archive.read("xl/workbook.xml")
        analyseur = etree.XMLParser(resolve_entities=False, no_network=True)
        noms = etree.fromstring(sommaire, analyseur).xpath("//*[local-name() = 'sheet']/@name")
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, etree.XMLSyntaxError):
        raise ArchiveIllisible("classeur Excel abîmé, ou protégé par un mot de passe") from None
    return [str(nom) for nom in noms]


def extraire(chemin: str | Path, vers: Path, place: str | None) -> None:
    """Write a sheet, a line for each of its rows, fields separated by tabulations.

    Args:
        chemin: the workbook.
        vers: file to write.
        place: ``Feuille``, ``Feuille!A3:K`` or ``!A3:K``; by default the only sheet.

    Raises:
        ArchiveIllisible: damaged, or the sheet is not the only one, or not there.
        OSError: a file cannot be opened.
    """
    feuille, _, plage = (place or "").partition("!")
    connues = feuilles(chemin)
    if not feuille and len(connues) > 1:
        raise ArchiveIllisible(
            f"classeur de {len(connues)} feuilles ({', '.join(connues)}) : nommez-en une par une ligne « feuille »"
        )
    feuille = feuille or connues[0]
    if feuille not in connues:
        raise ArchiveIllisible(f"classeur sans feuille « {feuille} », mais {', '.join(connues)}")
    options = f"sheet = {texte_sql(feuille)}" + (f", range = {texte_sql(plage)}" if plage else "")
    source = f"read_xlsx({chemin_sql(chemin)}, {options}, header = false, all_varchar = true, stop_at_empty = false)"
    with connecter(threads=1, memory_limit=memoire_du_moteur()) as moteur:
        moteur.execute(f"load {texte_sql(extension())}")
        try:
            colonnes = [nom_sql(c[0]) for c in moteur.execute(f"describe select * from {source}").fetchall()]
            champs = ", ".join(_champ(colonne) for colonne in colonnes)
            moteur.execute(
                f"""
                create temp table lignes as
                select
                    row_number() over () as rang,
                    case when coalesce({", ".join(colonnes)}, null) is not null then concat_ws(chr(9), {champs}) end as texte
                from {source}
                """
            )
            # An open range goes on to the last row that a sheet may have.
            moteur.execute(
                "copy (select texte from lignes where rang <= (select max(rang) from lignes where texte is not null) order by rang)"
                f" to {texte_sql(vers)} (format csv, header false, delimiter '\\x01', quote '', escape '')"
            )
        except duckdb.Error as erreur:
            vers.unlink(missing_ok=True)
            raise ArchiveIllisible(f"classeur Excel illisible, {str(erreur).splitlines()[0]}") from None


def _champ(colonne: str) -> str:
    """A cell as a field: a line has no line break in it."""
    plat = f"regexp_replace(coalesce({colonne}, ''), '[\\t\\r\\n\\x01]+', ' ', 'g')"
    return f"""case when contains({colonne}, '"') then '"' || replace({plat}, '"', '""') || '"' else {plat} end"""


@cache
def extension() -> Path:
    """DuckDB's own reader and writer of workbooks, as the package of the Python index holds it."""
    return Path(duckdb_extension_excel.__file__).parent / "extensions" / f"v{duckdb.__version__}" / "excel.duckdb_extension"
