"""What must never leave the warehouse, as the tests look for it."""

from __future__ import annotations

from pathlib import Path

import duckdb

COLONNES = (
    "ipp", "iep", "ins_matricule", "document_id", "set_id", "transmission_id", "lot_id", "message_id", "transaction_id",
    "prescription_id", "intervention_id", "rdv_id", "reception_id", "utilisateur_id", "correspondant_id", "destinataire_cda",
    "adresse_mss", "adresse_destinataire", "numero_sejour", "sejour_id", "nda", "numero_rss", "numero_sejour_pmsi",
)  # fmt: skip


def identifiants(entrepot: Path) -> set[str]:
    """Everything of a warehouse that names a person, a venue, a document, a message; and the rejected values.

    Those under six characters are left out: they are numbers and words of any text.
    """
    trouves: set[str] = set()
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        for schema, table, colonne in connexion.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where schema_name in ('staging', 'intermediaire', 'populations') and column_name in (select unnest(?))",
            [list(COLONNES)],
        ).fetchall():
            valeurs = connexion.execute(f'select distinct "{colonne}" from {schema}."{table}"').fetchall()
            trouves |= {str(valeur) for (valeur,) in valeurs}
        rejetees = connexion.execute("select distinct valeur from qualite.rejets where valeur is not null").fetchall()
        trouves |= {valeur for (valeur,) in rejetees}
    return {valeur for valeur in trouves if len(valeur) >= 6}
