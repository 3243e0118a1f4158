"""What a DIM sends again: which lines of the PMSI files in force a later transmission replaces.

« The lines of a later transmission replace those of the earlier ones whose date lies between its own earliest and latest
dates »; « a file that holds less than half as many lines as it would replace is a partial one: its lines replace by key
only ». Everything is decided within the EJ and the FINESS ePMSI, one type of file after the other, on the typed rows.
The files are numbered in the order of the transmissions (``rang``), and their lines too (``numero``).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from socle.lecture.lac import LIGNES_PAR_FICHIER
from socle.lecture.pmsi_formats import LIGNES, Champ, champs_du_fichier
from socle.lecture.sql import OPTIONS_PARQUET, texte_sql

PART_CUMULATIVE = "pmsi_part_cumulative"
"""A file with less than that share of the lines that it would replace is a part: it replaces by key only."""
NUMERO = f"rang * {LIGNES_PAR_FICHIER} + ligne"
"""A line among all those in force, in the order of the transmissions."""
DEBUT_DE_CLE = {
    "raa": ("empreinte_ligne",),
    "hosp_pmsi": ("champ", "finess_pmsi", "case when champ = 'MCO' then annee end"),
    "rss": ("annee",),
}
"""What the key of a type of file holds besides the EJ and the fields that the seed says; RSS numbers come back every year."""
COUVERTES = """
    vivantes.groupe = fenetres.groupe
    and vivantes.rang < fenetres.rang
    and vivantes.jour between fenetres.premier and fenetres.dernier
    and not list_contains(fenetres.voisins, vivantes.rang)
"""
"""The lines that a file covers by its dates: those of earlier files, other parts of its transmission aside."""


def departager(moteur: duckdb.DuckDBPyConnection, dossier: Path) -> None:
    """Write the lines replaced, how each file was taken, and the undated files that replace others or are replaced.

    Args:
        moteur: a connection with a view per relation, and the table ``fichiers``.
        dossier: where ``remplacees``, ``transmissions`` and ``alertes`` go.
    """
    moteur.execute("""
        create or replace temp table remplacees (numero bigint, rang bigint, par bigint);
        create or replace temp table prises (rang bigint, mode varchar)
    """)
    for relation, fichier in LIGNES.items():
        _departager(moteur, relation, fichier)
    resultats = {
        "remplacees": f"""
            select fichier_id, numero % {LIGNES_PAR_FICHIER} as ligne from remplacees inner join fichiers using (rang)
        """,
        "transmissions": """
            select
                fichier_id, string_agg(distinct mode, ', ' order by mode) as mode_transmission,
                coalesce(any_value(nb), 0) as nb_lignes_remplacees
            from prises
            inner join fichiers using (rang)
            left join (select par as rang, count(*) as nb from remplacees where rang <> par group by par) using (rang)
            group by fichier_id
        """,
        # « an undated file that supersedes another, or is superseded, is an alert »
        "alertes": """
            select
                fichier_id, cast(null as bigint) as ligne, finess_ej, cast(null as varchar) as colonne,
                'FICHIER_SANS_DATE' as motif, count(*) as nb, cast(null as varchar) as message_id
            from (select unnest([rang, par]) as rang from remplacees where rang <> par)
            inner join fichiers using (rang)
            where extrait_le is null
            group by fichier_id, finess_ej
        """,
    }
    for nom, requete in resultats.items():
        # A group has no order of its own, and the name of the file is its content.
        moteur.execute(f"copy (from ({requete}) order by all) to {texte_sql(dossier / f'{nom}.parquet')} ({OPTIONS_PARQUET})")
    for table in ("remplacees", "prises", "lignes", "chaines", "fenetres", "vivantes", "rescapees"):
        moteur.execute(f"drop table if exists temp.{table}")


def _departager(moteur: duckdb.DuckDBPyConnection, relation: str, fichier: str) -> None:
    """Add the lines of a type of file that are replaced, and how its files were taken."""
    champs = champs_du_fichier(fichier)
    jour = _jour(list(champs.values()))
    cles = ["finess_ej", *DEBUT_DE_CLE.get(fichier, ()), *(champ.nom for champ in champs.values() if champ.cle)]
    groupe = ["finess_ej", *(["finess_pmsi"] if "finess_pmsi" in champs else []), *(["champ"] if fichier == "vidhosp" else [])]
    moteur.execute(f"""
        create or replace temp table lignes as
        select
            {NUMERO} as numero, rang, extrait_le,
            hash({", ".join(groupe)}) as groupe, {jour or "cast(null as date)"} as jour, hash({", ".join(cles)}) as cle
        from {relation}
    """)
    ((plusieurs, doubles),) = moteur.execute(f"""
        select
            (select coalesce(max(nb), 0) > 1 from (select count(distinct rang) as nb from {relation} group by finess_ej)),
            (select count(distinct cle) < count(*) from lignes)
    """).fetchall()
    if plusieurs or doubles:
        _enchainer(moteur, relation, cles, fichier)
    if plusieurs and jour:
        _ouvrir_les_fenetres(moteur)
        _remplacer_par_dates(moteur)
    elif plusieurs or doubles:
        moteur.execute("""
            insert into remplacees
            select numero, rang, suivant as par from chaines inner join lignes using (numero) where suivant is not null
        """)
    if fichier == "vidhosp" and (plusieurs or doubles):
        _garder_la_derniere_avec_ipp(moteur)
    partielles = "(select rang from fenetres where not cumulatif)" if plusieurs and jour else "(select null)"
    mode = f"case when rang in {partielles} then 'PARTIEL' else 'CUMULATIF' end" if jour else "'PAR_CLE'"
    moteur.execute(f"insert into prises select rang, {mode} from (select distinct rang from lignes)")


def _jour(champs: list[Champ]) -> str:
    """SQL: « exit of the RUM, Monday of the week, end of the sequence, date of the invoice, exit of VID-HOSP, else its entry ».

    The first of the fields with a rank in the seed that is there; nothing for a type of file whose lines have no date.
    """
    dates = []
    for champ in sorted((champ for champ in champs if champ.transmission), key=lambda champ: champ.transmission):
        if champ.type == "semaine":
            annee, semaine = (f"try_cast(substr({champ.nom}, {debut}, {n}) as integer)" for debut, n in ((3, 4), (1, 2)))
            dates.append(f"cast(date_trunc('week', make_date({annee}, 1, 4)) as date) + 7 * ({semaine} - 1)")
        else:
            dates.append(champ.nom)
    return f"coalesce({', '.join(dates)}, null)" if dates else ""


def _enchainer(moteur: duckdb.DuckDBPyConnection, relation: str, cles: list[str], fichier: str) -> None:
    """Table ``chaines``: the lines of one key follow each other, each replaced by the next (``suivant``: its file)."""
    # A line may stand several times in a file of which nothing else makes the key.
    occurrence = "row_number() over (partition by rang, empreinte_ligne order by ligne)" if fichier == "raa" else "1"
    colonnes = ", ".join(f"{cle} as cle_{rang}" for rang, cle in enumerate(cles))
    moteur.execute(f"""
        create or replace temp table chaines as
        with concurrentes as (
            select
                {NUMERO} as numero, rang, {"ipp" if fichier == "vidhosp" else "null"} as ipp,
                {occurrence} as occurrence, {colonnes}
            from {relation}
            where {NUMERO} in (
                select numero from lignes where cle in (select cle from lignes group by cle having count(*) > 1)
            )
        )

        select
            numero, ipp, lead(rang) over chaine as suivant,
            max(numero) over (chaine rows between unbounded preceding and unbounded following) as derniere
        from concurrentes
        window chaine as (
            partition by occurrence, {", ".join(f"cle_{rang}" for rang in range(len(cles)))}
            order by numero
        )
    """)


def _ouvrir_les_fenetres(moteur: duckdb.DuckDBPyConnection) -> None:
    """Tables ``fenetres``, the dates of each file, and ``vivantes``, how many lines of each day they may replace.

    « Files of one day that have no key in common are the parts of one transmission » (``voisins``): that of each site, most
    often.
    """
    moteur.execute("""
        create or replace temp table fenetres as
        with fichiers_dates as (
            select groupe, rang, extrait_le, min(jour) as premier, max(jour) as dernier, count(*) as nb
            from lignes
            group by groupe, rang, extrait_le
        ),

        du_meme_jour as (
            select groupe, rang, extrait_le
            from fichiers_dates
            where extrait_le is not null
            qualify count(*) over (partition by groupe, extrait_le) > 1
        ),

        cles as (select distinct groupe, rang, cle from lignes semi join du_meme_jour using (groupe, rang)),

        parents as (
            select distinct avant.groupe, avant.rang, apres.rang as suivant
            from cles as avant
            inner join cles as apres using (groupe, cle)
            where avant.rang < apres.rang
        ),

        parts as (
            select apres.groupe, apres.rang, list(avant.rang) as voisins
            from du_meme_jour as avant
            inner join du_meme_jour as apres using (groupe, extrait_le)
            left join parents on avant.groupe = parents.groupe and avant.rang = parents.rang and apres.rang = parents.suivant
            where avant.rang < apres.rang and parents.suivant is null
            group by apres.groupe, apres.rang
        )

        select
            groupe, rang, premier, dernier, nb, coalesce(voisins, []) as voisins, true as cumulatif,
            row_number() over (partition by groupe order by rang) as ordre
        from fichiers_dates
        left join parts using (groupe, rang);

        create or replace temp table vivantes as
        select groupe, rang, jour, suivant, count(*) as nb
        from lignes
        left join chaines using (numero)
        group by all
    """)


def _remplacer_par_dates(moteur: duckdb.DuckDBPyConnection) -> None:
    """Take the files in order: what one replaces is no longer there to tell whether the next is a part."""
    ((derniere,),) = moteur.execute("select coalesce(max(ordre), 0) from fenetres").fetchall()
    for ordre in range(2, derniere + 1):
        moteur.execute(f"""
            update fenetres
            set cumulatif = nb >= getvariable('{PART_CUMULATIVE}') * (
                select coalesce(sum(vivantes.nb), 0)
                from vivantes
                where {COUVERTES} and coalesce(vivantes.suivant >= fenetres.rang, true)
            )
            where ordre = {ordre};

            delete from vivantes using fenetres where {COUVERTES} and fenetres.ordre = {ordre} and fenetres.cumulatif
        """)
    moteur.execute(f"""
        insert into remplacees
        select vivantes.numero, vivantes.rang, least(any_value(chaines.suivant), min(fenetres.rang)) as par
        from lignes as vivantes
        left join chaines using (numero)
        left join fenetres on fenetres.cumulatif and {COUVERTES}
        group by vivantes.numero, vivantes.rang
        having par is not null
    """)


def _garder_la_derniere_avec_ipp(moteur: duckdb.DuckDBPyConnection) -> None:
    """« VID-HOSP: the latest line that has an IPP tells it », whatever follows it."""
    moteur.execute(f"""
        create or replace temp table rescapees as
        select max(numero) filter (where ipp is not null) as numero, derniere
        from chaines
        group by derniere
        having max(numero) filter (where ipp is not null) < derniere and derniere not in (select numero from remplacees);

        insert into remplacees
        select derniere as numero, derniere // {LIGNES_PAR_FICHIER} as rang, numero // {LIGNES_PAR_FICHIER} as par from rescapees;

        delete from remplacees where numero in (select numero from rescapees)
    """)
