"""The queries that read what is shown, once for all the views."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from functools import lru_cache
from pathlib import Path

import duckdb

from socle.entrepot import lire_execution, ouvrir
from socle.resultats import modele, programmes


def lire(entrepot: Path) -> modele.Resultats:
    """Read the results of a warehouse.

    Args:
        entrepot: DuckDB file written by the build; opened read-only and closed before returning.

    Raises:
        ErreurSocle: no such file, opened by a writer, or not a warehouse of socle.
    """
    etat = entrepot.stat() if entrepot.exists() else None
    return _lire_une_fois(entrepot, *((etat.st_ino, etat.st_mtime_ns, etat.st_size) if etat else ()))


# One run writes the dashboard and a dossier per establishment and programme from the same file.
@lru_cache(maxsize=1)
def _lire_une_fois(entrepot: Path, *etat: int) -> modele.Resultats:
    with ouvrir(entrepot) as connexion:
        return _lire(connexion)


def _lire(connexion: duckdb.DuckDBPyConnection) -> modele.Resultats:
    execution = lire_execution(connexion)
    indicateurs = {
        ligne[0]: modele.Indicateur(*ligne)
        for ligne in connexion.execute(
            """
            select indicateurs.indicateur, libelle, programme, nature, periode, axe, nom_table, population,
                   entonnoir = 'oui', coalesce(definition, ''), coalesce(lecture_retenue, ''), coalesce(unite, 'unité'),
                   coalesce(unites, 'unités'), coalesce(definitions.source, indicateurs.source, ''), coalesce(comptage_national, '')
            from reference.catalogue_indicateurs as indicateurs
            left join reference.definitions as definitions using (indicateur)
            order by ordre
            """
        ).fetchall()
    }
    resultats = modele.Resultats(
        execution_id=execution.numero,
        date_extraction=date.fromisoformat(execution.date_extraction),
        programmes=programmes.de_l_entrepot(connexion),
        etablissements=[
            modele.Etablissement(*ligne)
            for ligne in connexion.execute(
                """
                select finess_ej, raison_sociale, coalesce(ght, '') from staging.stg_reference__etablissements
                order by ght, finess_ej
                """
            ).fetchall()
        ],
        indicateurs=indicateurs,
        series=_lire_series(connexion),
        entonnoirs=_lire_entonnoirs(connexion),
        libelles=_lire_libelles(connexion),
        sources=_lire_sources(connexion),
        fichiers=[
            modele.Fichier(*ligne)
            for ligne in connexion.execute(
                """
                select finess_ej, flux, fichier, etat, taille, empreinte, nb_lignes, nb_retenues, nb_remplacees,
                       nb_rejetees
                from qualite.fichiers order by fichier
                """
            ).fetchall()
        ],
        rejets=_lire_rejets(connexion),
        versions_inconnues=connexion.execute(
            "select distinct finess_ej, flux, valeur from qualite.rejets where colonne = 'version_format' order by all"
        ).fetchall(),
        fenetres=_lire_fenetres(connexion, date.fromisoformat(execution.date_extraction)),
        situations=_lire_situations(connexion),
        lectures=_lire_lectures(connexion),
        cibles_doubles=_lire_cibles_doubles(connexion),
        flux_absents={},
        financements=_lire_financements(connexion, date.fromisoformat(execution.date_extraction)),
        campagnes=connexion.execute(
            "select campagne, date_debut, date_fin from reference.campagnes_ifaq order by date_debut"
        ).fetchall(),
        rattachements=dict(
            connexion.execute("select unite, min(regle) from reference.rattachements_unites group by 1").fetchall()
        ),
    )
    for finess, code, flux in connexion.execute(
        "select finess_ej, indicateur, flux from intermediaire.int_flux_absents order by all"
    ).fetchall():
        resultats.flux_absents.setdefault((finess, code), []).append(flux.replace(" | ", " ou "))
    for finess, code, axe in resultats.series:
        resultats.axes.setdefault((finess, code), []).append(axe)
    return resultats


def _lire_libelles(connexion: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    libelles: dict[str, dict[str, str]] = defaultdict(dict)
    for liste, code, libelle in connexion.execute(
        """
        select liste, code, libelle from reference.libelles_dossier
        union all
        select 'MODALITE', type_code, libelle from reference.types_documents
        """
    ).fetchall():
        libelles[liste][code] = libelle
    return libelles


_MESURE = """periode_debut, periode_fin, periode_complete, numerateur, denominateur, taux, numerateur_national_traces,
               numerateur_national_constate, taux_national, ecart_points, cible, cible_atteinte, restant_pour_cible, applicable,
               motif_non_applicable, situation, situation_raison"""


def _lire_series(connexion: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], list[modele.Mesure]]:
    series: dict[tuple[str, str, str], list[modele.Mesure]] = {}
    for finess, code, axe, *valeurs in connexion.execute(
        f"""
        select finess_ej, indicateur, axe, {_MESURE}
        from marts.indicateurs
        order by finess_ej, indicateur, axe, periode_debut, periode_fin
        """
    ).fetchall():
        series.setdefault((finess, code, axe), []).append(modele.Mesure(*valeurs))
    return series


def _lire_situations(connexion: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], modele.Situation]:
    return {
        (finess, code, axe): modele.Situation(modele.Mesure(*valeurs), choix, fenetre)
        for finess, code, axe, choix, fenetre, *valeurs in connexion.execute(
            f"select finess_ej, indicateur, axe, choix, fenetre, {_MESURE} from marts.indicateurs_juges"
        ).fetchall()
    }


def _lire_lectures(connexion: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[date, list[modele.Lecture]]]:
    lectures: dict[tuple[str, str], dict[date, list[modele.Lecture]]] = {}
    if not connexion.execute("select 1 from duckdb_tables() where schema_name = 'marts' and table_name = 'lectures'").fetchall():
        return lectures
    for finess, code, debut, *valeurs in connexion.execute(
        """
        select finess_ej, indicateur, periode_debut, variable, question,
               case when valeur = autre then libelle_autre else libelle_retenue end, source,
               numerateur, denominateur, taux, cible_atteinte, ecart_points, change_la_cible
        from marts.lectures
        inner join reference.lectures_possibles using (variable)
        order by finess_ej, indicateur, periode_debut, ordre
        """
    ).fetchall():
        lectures.setdefault((finess, code), {}).setdefault(debut, []).append(modele.Lecture(*valeurs))
    return lectures


def _lire_cibles_doubles(connexion: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[modele.CibleDouble]]:
    cibles: dict[tuple[str, str], list[modele.CibleDouble]] = {}
    for finess, code, *valeurs in connexion.execute(
        """
        with drapeaux as (

            unpivot (
                select finess_ej, columns('sun_es_(.*)') as '\\1' from staging.stg_reference__etablissements
            )
            on columns (* exclude (finess_ej)) into name drapeau value atteint

        )

        select etablissements.finess_ej, cibles.indicateur, cibles.cible, cibles.cible_si_sun_es_atteint,
               upper(replace(cibles.drapeau_sun_es, '_', '.')), coalesce(drapeaux.atteint, false)
        from staging.stg_reference__etablissements as etablissements
        cross join reference.cibles as cibles
        left join drapeaux
            on etablissements.finess_ej = drapeaux.finess_ej and cibles.drapeau_sun_es = drapeaux.drapeau
        where cibles.drapeau_sun_es is not null
        """
    ).fetchall():
        cibles.setdefault((finess, code), []).append(modele.CibleDouble(*valeurs))
    return cibles


def _lire_fenetres(connexion: duckdb.DuckDBPyConnection, jour: date) -> dict[tuple[str, str], list[modele.Fenetre]]:
    fenetres: dict[tuple[str, str], list[modele.Fenetre]] = {}
    for finess, code, *valeurs in connexion.execute(
        """
        select finess_ej, indicateur, fenetre, date_debut, date_fin, cible, meilleur_mois, taux, valeur_declaree, atteinte,
               motif
        from marts.sun_es_fenetres
        where date_debut <= ?
        order by finess_ej, indicateur, date_debut
        """,
        [jour],
    ).fetchall():
        fenetres.setdefault((finess, code), []).append(modele.Fenetre(*valeurs))
    return fenetres


def _lire_financements(connexion: duckdb.DuckDBPyConnection, jour: date) -> dict[str, list[modele.Financement]]:
    gains: dict[tuple[str, str], list[tuple[str, float, float]]] = {}
    for finess, fenetre, code, cout, gain in connexion.execute(
        "select finess_ej, fenetre, indicateur, cast(cout as double), cast(gain_seul as double) from marts.sun_es_gains"
    ).fetchall():
        gains.setdefault((finess, fenetre), []).append((code, cout, gain))
    financements: dict[str, list[modele.Financement]] = {}
    for finess, fenetre, *valeurs in connexion.execute(
        """
        select montants.finess_ej, fenetre, date_debut, date_fin,
               cast(montant_total as double), cast(montant_manquant as double)
        from marts.sun_es_financement as montants
        inner join reference.fenetres_sun_es using (fenetre)
        where date_debut <= ?
        order by finess_ej, date_debut
        """,
        [jour],
    ).fetchall():
        manques = gains.get((finess, fenetre), [])
        financements.setdefault(finess, []).append(
            modele.Financement(fenetre, *valeurs, {c: cout for c, cout, _ in manques}, {c: gain for c, _, gain in manques})
        )
    return financements


def _lire_entonnoirs(connexion: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[date, list[modele.Etape]]]:
    entonnoirs: dict[tuple[str, str], dict[date, list[modele.Etape]]] = {}
    for finess, code, debut, ordre, etape, libelle, nb in connexion.execute(
        """
        select finess_ej, indicateur, periode_debut, ordre_etape, etape, libelle_etape, nb
        from marts.entonnoir order by all
        """
    ).fetchall():
        etapes = entonnoirs.setdefault((finess, code), {}).setdefault(debut, [])
        etapes.append(modele.Etape(ordre, etape, libelle, nb))
    return entonnoirs


def _lire_sources(connexion: duckdb.DuckDBPyConnection) -> list[modele.Source]:
    return [
        modele.Source(*ligne[:-1], problemes=tuple(ligne[-1]))
        for ligne in connexion.execute(
            """
            with flux as (

                select flux, bool_or(du_contrat) as du_contrat
                from (
                    select flux, true as du_contrat from reference.contrat_flux
                    union all
                    select flux, false as du_contrat from qualite.fichiers
                )
                where flux not like 'reference/%'
                group by flux

            )

            select
                etablissements.finess_ej,
                flux.flux,
                count(fichiers.fichier) filter (where fichiers.etat = 'LISIBLE'),
                max(fichiers.date_extraction) filter (where fichiers.etat = 'LISIBLE'),
                coalesce(sum(fichiers.nb_lignes), 0),
                coalesce(sum(fichiers.nb_retenues), 0),
                coalesce(sum(fichiers.nb_remplacees), 0),
                coalesce(sum(fichiers.nb_rejetees), 0),
                any_value(flux.du_contrat and presents.flux is null),
                coalesce(list(distinct fichiers.etat order by fichiers.etat) filter (where fichiers.etat <> 'LISIBLE'), [])
            from staging.stg_reference__etablissements as etablissements
            cross join flux
            left join qualite.fichiers as fichiers
                on etablissements.finess_ej = fichiers.finess_ej and flux.flux = fichiers.flux
            left join intermediaire.int_flux_presents as presents
                on etablissements.finess_ej = presents.finess_ej and flux.flux = presents.flux
            group by etablissements.finess_ej, flux.flux
            order by etablissements.finess_ej, flux.flux
            """
        ).fetchall()
    ]


def _lire_rejets(connexion: duckdb.DuckDBPyConnection) -> dict[str, Counter[str]]:
    rejets: dict[str, Counter[str]] = {}
    for finess, motif, nb in connexion.execute(
        "select finess_ej, motif, count(*) from qualite.rejets where finess_ej is not null group by all order by all"
    ).fetchall():
        rejets.setdefault(finess, Counter())[motif] = nb
    return rejets
