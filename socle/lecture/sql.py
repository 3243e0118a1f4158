"""What the readers write SQL with: literals, paths, the form of the Parquet files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

OPTIONS_PARQUET = "format parquet, compression lz4, dictionary_size_limit 1000, write_bloom_filter false"
"""How rows are written: few texts come back often, a dictionary of them costs more than it saves."""


def texte_sql(texte: object) -> str:
    """A text as a literal."""
    return "'" + str(texte).replace("'", "''") + "'"


def nom_sql(nom: str) -> str:
    """A name, of a column most often, as an identifier."""
    return '"' + nom.replace('"', '""') + '"'


def liste_sql(textes: Iterable[object]) -> str:
    """Texts as a literal list."""
    return f"[{', '.join(texte_sql(texte) for texte in textes)}]"


def chemin_sql(chemin: str | Path) -> str:
    """A path as a literal: DuckDB takes « * », « ? » and « [ » for a pattern; in brackets they stand for themselves."""
    return texte_sql(re.sub(r"([\[*?])", r"[\1]", str(chemin)))


def chemins_sql(chemins: Iterable[str | Path]) -> str:
    """Paths as a literal list."""
    return f"[{', '.join(chemin_sql(chemin) for chemin in chemins)}]"


def lire_lignes(chemins: Iterable[str | Path], crlf: bool = False) -> str:
    """A table of the lines (``texte``) of text files read one after the other, in order; empty ones are null."""
    fin = r"\r\n" if crlf else r"\n"
    return (
        f"read_csv({chemins_sql(chemins)}, columns = {{'texte': 'varchar'}}, auto_detect = false, header = false,"
        f" delim = '\\x01', quote = '', escape = '', new_line = '{fin}')"
    )
