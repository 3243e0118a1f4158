"""The states that are compared, as temporary tables of one connection: values, units, their objects, the facts.

The tables: ``valeurs`` and ``cellules`` (what is compared), ``natures`` (of each indicator), ``unites_*``, ``objets_*`` and
``faits_*`` of the states ``avant`` and ``apres``, ``deplacees`` (units that moved), ``classees`` (the same, with their cause).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from socle import entrepot
from socle.lecture.sql import nom_sql, texte_sql
from socle.selections import FACULTATIVES

Connexion = duckdb.DuckDBPyConnection


@contextmanager
def ouvrir(apres: Path, avant: Path | None = None) -> Iterator[Connexion]:
    """A connection that reads a warehouse as « apres », and a former one as « avant ».

    Raises:
        ErreurSocle: one cannot be read, or was built by a version that does not tell what a comparison needs.
    """
    # What does not fit in memory goes beside the warehouse, where the next run removes what a killed one left.
    debordement = apres.with_name(f"{apres.name}.comparaison.tmp")
    with entrepot.ouvrir(debordement=debordement, apres=apres, **({"avant": avant} if avant else {})) as connexion:
        yield connexion


def lire_valeurs(connexion: Connexion, deja_connu: bool) -> None:
    """Read what is compared of two warehouses: `socle.comparaison.comparer_entrepots` says which."""
    autres = " or ".join(f"coalesce(avant.{nom}, 0) <> coalesce(apres.{nom}, 0)" for nom in ("numerateur", "denominateur"))
    # A state of the day of extraction is no past that one would find changed.
    condition = f"avant.periode_complete and catalogue.periode <> 'instant' and ({autres})"
    comparer_valeurs(connexion, "avant.marts.indicateurs", condition if deja_connu else "true")


def comparer_valeurs(connexion: Connexion, anciennes: str, condition: str = "true") -> None:
    """Put former values beside those of the current warehouse, and make the tables that follow. A state of the day of extraction is
    that of the current one, whatever the day of the former one.

    Args:
        connexion: of `ouvrir`.
        anciennes: relation of finess_ej, indicateur, periode_debut, periode_fin, axe, numerateur, denominateur, taux.
        condition: which are compared; SQL on « avant », « apres » and « catalogue ».
    """
    connexion.execute(
        """
        create temp table natures as
        select
            catalogue.indicateur,
            coalesce(definitions.unite, '') as unite,
            -- Every type of document has the séjours, the consultations or the patients of the period for denominator.
            coalesce(catalogue.axe = 'type_code' and catalogue.nature = 'taux', false) as commun,
            catalogue.nature = 'compte' as sans_denominateur,
            case when catalogue.periode = 'instant' then execution.date_extraction end as instant
        from apres.reference.catalogue_indicateurs as catalogue
        cross join apres.qualite.execution as execution
        left join apres.reference.definitions as definitions using (indicateur)
        """
    )
    connexion.execute(
        f"""
        create temp table valeurs as
        select
            avant.finess_ej, avant.indicateur, coalesce(natures.instant, avant.periode_debut) as periode_debut, avant.axe,
            coalesce(apres.periode_libelle, strftime(avant.periode_debut, '%d/%m/%Y')) as periode,
            avant.numerateur as n_avant, avant.denominateur as d_avant, avant.taux as t_avant,
            apres.numerateur as n_apres, apres.denominateur as d_apres, apres.taux as t_apres,
            catalogue.ordre
        from {anciennes} as avant
        inner join natures using (indicateur)
        inner join apres.reference.catalogue_indicateurs as catalogue using (indicateur)
        left join apres.marts.indicateurs as apres
            on
                avant.finess_ej = apres.finess_ej
                and avant.indicateur = apres.indicateur
                and coalesce(natures.instant, avant.periode_debut) = apres.periode_debut
                and coalesce(natures.instant, avant.periode_fin) = apres.periode_fin
                and avant.axe = apres.axe
        where {condition}
        """
    )
    connexion.execute("create temp table cellules as select finess_ej, indicateur, periode_debut, axe from valeurs")


def lire_unites(connexion: Connexion, cote: str, base: str) -> None:
    """Read the units of the compared cells of a warehouse (``base``) as those of a state (``cote``)."""
    parties = [
        "select null::varchar as indicateur, null::varchar as finess_ej, null::date as periode_debut, null::date as periode_fin,"
        " null::varchar as axe, null::varchar as unite_id, null::boolean as au_numerateur,"
        f" {', '.join(f'null::{genre} as {nom}' for nom, genre in FACULTATIVES.items())} where false"
    ]
    for indicateur, population, instant in connexion.execute(
        f"""
        select indicateur, catalogue.population, natures.instant
        from {base}.reference.catalogue_indicateurs as catalogue
        semi join cellules using (indicateur)
        inner join natures using (indicateur)
        order by 1
        """
    ).fetchall():
        debut, fin = (f"date '{instant}'",) * 2 if instant else ("unites.periode_debut", "unites.periode_fin")
        # One table at a time: the list of all columns opens every view over the lake.
        description = connexion.execute(f"describe {base}.populations.{nom_sql(population)}").fetchall()
        presentes = {nom for nom, *_ in description}
        facultatives = ", ".join(
            f"unites.{nom}" if nom in presentes else f"cast(null as {genre}) as {nom}" for nom, genre in FACULTATIVES.items()
        )
        parties.append(
            f"""
            select
                {texte_sql(indicateur)}, unites.finess_ej, {debut}, {fin}, unites.axe, unites.unite_id, unites.au_numerateur,
                {facultatives}
            from {base}.populations.{nom_sql(population)} as unites
            semi join cellules
                on
                    cellules.indicateur = {texte_sql(indicateur)}
                    and unites.finess_ej = cellules.finess_ej
                    and {debut} = cellules.periode_debut
            {f"where unites.indicateur = {texte_sql(indicateur)}" if "indicateur" in presentes else ""}
            """
        )
    connexion.execute(f"create temp table unites_{cote} as {' union all '.join(parties)}")


def rappeler_les_unites(connexion: Connexion) -> None:
    """Give the units that a deposit kept the day of extraction that `comparer_valeurs` gives its states of that day."""
    connexion.execute(
        "update unites_avant set periode_debut = natures.instant, periode_fin = natures.instant from natures"
        " where unites_avant.indicateur = natures.indicateur and natures.instant is not null"
    )


def deplacer(connexion: Connexion) -> None:
    """Find the units that moved."""
    connexion.execute(f"create temp table deplacees as {_sql('deplacees')}")


def lire_objets(connexion: Connexion, cote: str, base: str) -> None:
    """Read in a warehouse what the moved units are made of."""
    connexion.execute(f"create temp table objets_{cote} as {_sql('objets', base)}")


def lire_faits(connexion: Connexion, cotes: Sequence[str]) -> None:
    """Read the facts of all these objects in one or two warehouses, each the state of its name; a deposit kept the others."""
    connexion.execute(
        "create temp table utiles as"
        " select finess_ej, genre, objet from objets_avant union select finess_ej, genre, objet from objets_apres"
    )
    if "avant" not in cotes:
        connexion.execute(
            "create or replace temp table faits_avant as from faits_avant semi join utiles using (finess_ej, genre, objet)"
        )
    for cote in cotes:
        connexion.execute(f"create temp table faits_{cote} as {_sql('faits', cote)}")


def retrouver_les_objets(connexion: Connexion) -> None:
    """Complete what a deposit kept of its units with what it says of those that came since: documents that have gone, of their
    venues and patients. Of units that did not move nothing is left."""
    connexion.execute(
        """
        create or replace temp table objets_avant as

        from objets_avant semi join deplacees using (finess_ej, unite, unite_id, periode_debut)

        union

        select
            objets.finess_ej, objets.unite, objets.unite_id, objets.periode_debut, 'document', liens.element, objets.genre = 'iep'
        from objets_apres as objets
        inner join faits_avant as liens
            on
                objets.finess_ej = liens.finess_ej
                and objets.genre = liens.genre
                and objets.objet = liens.objet
                and liens.nature = 'LIEN'
        where objets.unite not in ('compte rendu', 'document')
        """
    )


def figer(connexion: Connexion, finess: str, debut: date, fin: date) -> None:
    """Read in the warehouse « apres », as the state « avant », what a deposit keeps: the units of the cells, their objects, the
    facts of all that the period holds.

    Args:
        connexion: of `ouvrir`, with ``valeurs``.
        finess: the establishment.
        debut: first day of the period.
        fin: its last day.
    """
    lire_unites(connexion, "avant", "apres")
    connexion.execute("create temp table deplacees as from unites_avant inner join natures using (indicateur)")
    lire_objets(connexion, "avant", "apres")
    connexion.execute(f"create temp table utiles as {_sql('periode', 'apres', finess=finess, debut=debut, fin=fin)}")
    connexion.execute(f"create temp table faits_avant as {_sql('faits', 'apres')}")
    for genre, colonne in (("iep", "iep"), ("ipp", "ipp_document")):
        connexion.execute(
            f"""
            insert into faits_avant
            select distinct utiles.finess_ej, 'LIEN', utiles.genre, utiles.objet, versions.set_id, '', null::date, null::date
            from utiles
            inner join apres.intermediaire.int_versions as versions
                on utiles.finess_ej = versions.finess_ej and utiles.objet = versions.{colonne} and utiles.genre = '{genre}'
            """
        )


def classer(connexion: Connexion, regles_changees: bool) -> None:
    """Put each moved unit in one class of cause."""
    connexion.execute(
        f"create temp table classees as {_sql('causes', 'apres', sans_fait='REGLE' if regles_changees else 'AUTRE')}"
    )


def compter(connexion: Connexion) -> list[tuple]:
    """The moved units, counted by cell, way of moving, cause and step of the funnel."""
    return connexion.execute(
        """
        select
            classees.finess_ej, classees.indicateur, classees.periode_debut, classees.axe, classees.mouvement, classees.cause,
            causes.libelle, avant.libelle, apres.libelle, classees.sans_denominateur, count(*)
        from classees
        inner join (select distinct cause, libelle from apres.reference.causes_mouvement) as causes using (cause)
        left join apres.reference.etapes as avant on classees.etape_avant = avant.etape
        left join apres.reference.etapes as apres on classees.etape_apres = apres.etape
        group by all
        order by all
        """
    ).fetchall()


def valeurs(connexion: Connexion) -> list[tuple]:
    """The compared cells: the period in words, counts and rate before, then after."""
    return connexion.execute("select * exclude (ordre) from valeurs order by finess_ej, ordre, periode_debut, axe").fetchall()


def cibles(connexion: Connexion) -> dict[tuple[str, str, date, str], float]:
    """What the current rates should reach, by cell."""
    lignes = connexion.execute(
        "select finess_ej, indicateur, periode_debut, axe, cible from apres.marts.indicateurs where cible is not null"
    ).fetchall()
    return {(finess, code, debut, axe): cible for finess, code, debut, axe, cible in lignes}


def ecrire_unites(connexion: Connexion, csv: Path) -> None:
    """Write the moved units as a CSV that a spreadsheet opens."""
    connexion.execute(
        f"""
        copy (
            select
                finess_ej, indicateur, periode_debut, periode_fin, axe, unite, unite_id, mouvement, cause, libelle, etape_avant,
                etape_apres
            from classees
            inner join (select distinct cause, libelle from apres.reference.causes_mouvement) as causes using (cause)
            order by all
        ) to {texte_sql(csv)} (format csv, header, delimiter ';')
        """
    )


def _sql(nom: str, base: str = "", **valeurs: object) -> str:
    """A query of this folder, on a warehouse; values are literals, since a table made with parameters is planned twice."""
    requete = (Path(__file__).with_name(f"{nom}.sql")).read_text(encoding="utf-8")
    for parametre, valeur in valeurs.items():
        requete = requete.replace(f"{{{{ {parametre} }}}}", texte_sql(valeur))
    return requete.replace("{{ base }}", f"{base}." if base else "")
