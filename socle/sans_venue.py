"""Why an establishment has no venue: what nobody can count without, told in one short French line each."""

from __future__ import annotations

from datetime import date

import duckdb

from socle.resultats.mots import nombre

IDENTIFIANTES = ("iep", "ipp", "numero_sejour")
"""Columns of gam/venues whose rejected values are not shown."""

_SANS_VENUE = """
    select etablissements.finess_ej, coalesce(etablissements.source_sejours, 'GAM')
    from staging.stg_reference__etablissements as etablissements
    where
        exists (select 1 from qualite.fichiers where fichiers.finess_ej = etablissements.finess_ej)
        and not exists (select 1 from intermediaire.int_venues as venues where venues.finess_ej = etablissements.finess_ej)
    order by 1
"""

_PORTEURS = "(flux in ('gam/venues', 'gam/hl7') or ? = 'PMSI' and flux like 'pmsi/%')"

_REJETS = f"""
    select
        fichier, motif, colonne, count(*) as nb,
        mode(valeur) filter (where flux = 'gam/venues' and split_part(colonne, ' ', 1) not in {IDENTIFIANTES}) as valeur
    from qualite.rejets
    where finess_ej = ? and {_PORTEURS}
    group by fichier, motif, colonne
    order by nb desc, fichier, motif, colonne
    limit 1
"""

_FICHIERS = f"""
    select
        count(*) filter (where etat = 'LISIBLE'),
        min(fichier) filter (where etat <> 'LISIBLE'),
        min_by(etat, fichier) filter (where etat <> 'LISIBLE')
    from qualite.fichiers
    where finess_ej = ? and {_PORTEURS}
"""

_LUES = """
    select count(*), min(cast(date_entree as date))
    from (
        select finess_ej, date_entree from staging.stg_gam__venues
        union all
        select finess_ej, date_entree from intermediaire.int_venues_pmsi
    )
    where finess_ej = ?
"""


def expliquer(connexion: duckdb.DuckDBPyConnection, date_extraction: date) -> dict[str, str]:
    """Say why each establishment that sent something has no venue.

    Args:
        connexion: a warehouse, opened for reading.
        date_extraction: last day known to it.

    Returns:
        finess_ej → what was found and what to do; empty when each has venues.
    """
    sans_venue = connexion.execute(_SANS_VENUE).fetchall()
    return {finess: _cause(connexion, finess, source, date_extraction) for finess, source in sans_venue}


def resumer(causes: dict[str, str]) -> str:
    """One sentence for all: the first establishment, and how many others are so."""
    finess, cause = next(iter(causes.items()))
    autres = len(causes) - 1
    return f"aucune venue de {finess} : {cause}" + (f" ({autres} autre{'s' * (autres > 1)} dans ce cas)" if autres else "")


def _cause(connexion: duckdb.DuckDBPyConnection, finess: str, source: str, date_extraction: date) -> str:
    if rejet := connexion.execute(_REJETS, [finess, source]).fetchone():
        fichier, motif, colonne, nb, valeur = rejet
        if motif == "COLONNE_MANQUANTE":
            return f"{fichier} rejeté, la colonne {colonne} manque : ajoutez-la à l’export"
        ou = " ".join(partie for partie in (motif, colonne, f"« {valeur} »" if valeur else "") if partie)
        lignes = "1 ligne rejetée" if nb == 1 else f"{nombre(nb)} lignes rejetées"
        return f"{fichier} : {lignes}, {ou} ; corrigez l’export, « socle etat » compte les rejets"
    lus, fichier, etat = connexion.execute(_FICHIERS, [finess, source]).fetchall()[0]
    nb, premiere = connexion.execute(_LUES, [finess]).fetchall()[0]
    if nb and premiere > date_extraction:
        lues = "1 lue, du" if nb == 1 else f"{nombre(nb)} lues, la première du"
        return (
            f"{lues} {premiere:%d/%m/%Y}, après la date d’extraction ({date_extraction:%d/%m/%Y}) :"
            " corrigez SOCLE_DATE_EXTRACTION"
        )
    if nb:
        return "source_sejours = PMSI n’en prend aucune de gam/ : déposez pmsi/, ou écrivez GAM dans etablissements.csv"
    if fichier and not lus:
        return f"{fichier} : {etat}, remplacez-le ou renommez-le"
    if lus:
        return "ses fichiers de venues n’ont aucune ligne : refaites l’export"
    if source == "PMSI":
        return "source_sejours = PMSI et aucun fichier dans pmsi/ : déposez-les, ou écrivez GAM dans etablissements.csv"
    return "ni gam/venues ni message dans gam/hl7 : déposez l’export des venues, ou écrivez PMSI dans etablissements.csv"
