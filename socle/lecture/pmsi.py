"""PMSI files in the lake: each line cut and typed by the version that it announces, its repeated zones one row each.

The rows of a file depend on that file alone; `socle.lecture.pmsi_transmissions` tells which ones a later file replaces.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from socle.lecture import pmsi_transmissions
from socle.lecture.inventaire import Fichier
from socle.lecture.lac import Colonnes
from socle.lecture.pmsi_formats import (
    LIGNES,
    Format,
    Zone,
    annee_du_nom,
    champs_du_fichier,
    finess_du_nom,
    formats,
    ressemblances,
)
from socle.lecture.sql import OPTIONS_PARQUET, chemins_sql, texte_sql

ZONES = {
    "vidhosp_disciplines": ("vidhosp", ("DMT",)),
    "rss_actes": ("rss", ("CCAM",)),
    "rss_diagnostics": ("rss", ("DAS", "DAD")),
    "rhs_actes": ("rhs", ("CSARR", "CSAR", "CCAM")),
    "rhs_diagnostics": ("rhs", ("DA",)),
    "rpss_actes": ("rpss", ("CCAM",)),
    "rpss_diagnostics": ("rpss", ("DCMPP", "DCMPA", "DA")),
    "rpss_groupages": ("rpss", ("GROUPAGE",)),
    "rpss_zones_tarifaires": ("rpss", ("ZONE_TARIFAIRE",)),
    "rps_actes": ("rps", ("CCAM",)),
    "rps_diagnostics": ("rps", ("DA",)),
    "raa_diagnostics": ("raa", ("DA",)),
}
"""The relations of the repeated zones: type of file, zones."""
NON_LUS = {
    "rss": {
        "code_retour", "date_naissance", "sexe", "mode_entree", "provenance", "destination", "nb_diagnostics_associes",
        "nb_donnees_documentaires", "nb_actes",
    }
}  # fmt: skip
"""Fields that are checked, not kept: what identifies the patient is left in VID-HOSP, the counters of the zones in the zones."""
PROPRES = {
    "rss": {"annee": ("integer", "sources.annee")},
    # HOSP-PMSI has no FINESS but that of its file's name.
    "hosp_pmsi": {
        "champ": ("varchar", "sources.champ"),
        "annee": ("integer", "sources.annee"),
        "finess_pmsi": ("varchar", "sources.finess_du_nom"),
    },
    "vidhosp": {"champ": ("varchar", "sources.champ")},
    # Nothing in an RAA names the act, the whole line does.
    "raa": {"empreinte_ligne": ("bigint", "cast(md5_number_lower(texte) >> 1 as bigint)")},
}
"""Columns of some types of file that are no field: their type and their SQL."""
PREFIXE = "sources.fichier_id, numero_ligne - sources.premiere + 1 as ligne, sources.finess_ej"


def _champs(fichier: str) -> dict[str, str]:
    return {nom: c.type_sql for nom, c in champs_du_fichier(fichier).items() if nom not in NON_LUS.get(fichier, ())}


def _champs_des_zones(fichier: str, zones: tuple[str, ...]) -> dict[str, str]:
    lues = [zone for lu in formats()[fichier] for zone in lu.zones if zone.nom in zones]
    return {champ.nom: champ.type_sql for zone in lues for champ in zone.champs}


def _relations() -> dict[str, Colonnes]:
    """Columns of each relation, with their types."""
    relations: dict[str, Colonnes] = {"versions": {"type_fichier": "varchar", "version_format": "varchar", "nb_lignes": "bigint"}}
    for relation, fichier in LIGNES.items():
        propres = {nom: genre for nom, (genre, _) in PROPRES.get(fichier, {}).items()}
        relations[relation] = {"version_format": "varchar", **propres, **_champs(fichier)}
    for relation, (fichier, zones) in ZONES.items():
        nom = {"zone": "varchar"} if len(zones) > 1 else {}
        relations[relation] = {**nom, "ordre": "integer", **_champs_des_zones(fichier, zones)}
    return relations


class Pmsi:
    """Reader of the ``pmsi/<champ>`` folders."""

    nom = "pmsi"
    relations = _relations()
    lignes = tuple(LIGNES)
    regles = ("pmsi_versions", "pmsi_positions", "pmsi_zones")

    def lit(self, flux: str) -> bool:
        """All of them: a file is known by its lines, not by its folder."""
        return flux.startswith("pmsi/")

    def lire(self, moteur: duckdb.DuckDBPyConnection, fichiers: list[Fichier], dossier: Path) -> dict[int, int]:
        """Write the rows, the rejected lines and the alerts of files read together.

        Args:
            moteur: a connection of one's own.
            fichiers: what to read.
            dossier: where each relation that has rows goes.

        Returns:
            per file, the number of its lines that are not blank.
        """
        _charger(moteur, fichiers)
        rangs = {rang for (rang,) in moteur.execute("select distinct format from lignes").fetchall()}
        presents = {fichier: [lu for lu in versions if lu.rang in rangs] for fichier, versions in formats().items()}
        _ecarter(moteur, [lu for versions in presents.values() for lu in versions])
        _dater(moteur, presents["rss"])
        _ecrire_les_comptes(moteur, dossier)
        for relation, fichier in LIGNES.items():
            _copier(moteur, (_lignes(lu) for lu in presents[fichier]), dossier / relation)
        for relation, (fichier, zones) in ZONES.items():
            lues = ((lu, zone) for lu in presents[fichier] for nom in zones if (zone := lu.zone(nom)))
            champs, nommee = _champs_des_zones(fichier, zones), len(zones) > 1
            _copier(moteur, (_lignes_de_zone(lu, zone, champs, nommee) for lu, zone in lues), dossier / relation)
        nombres = moteur.execute("select fichier_id, nb_lignes from sources").fetchall()
        moteur.execute("drop table lignes; drop table douteuses; drop table sources")
        return dict(nombres)

    def departager(self, moteur: duckdb.DuckDBPyConnection, dossier: Path) -> None:
        """Tell which lines a later transmission replaces: `socle.lecture.pmsi_transmissions`."""
        pmsi_transmissions.departager(moteur, dossier)


def _charger(moteur: duckdb.DuckDBPyConnection, fichiers: list[Fichier]) -> None:
    """Table ``lignes``: the lines of the files in their order, with the format that each announces.

    A blank line has no format; one of no known version, the format 0. A line with an accent stands apart (``accentuee``): the
    engine cuts texts three times faster when none of a column has any. ``sources`` has one row per file.
    """
    tous = [lu for versions in formats().values() for lu in versions]
    tous.sort(key=lambda lu: lu.rang)
    annonces = [(lu, True) for lu in tous] + [(lu, False) for lu in tous if lu.pas is not None]
    reconnus = " ".join(f"when {lu.est_reconnu(par_longueur)} then {lu.rang}" for lu, par_longueur in annonces)
    moteur.execute(f"""
        create or replace table lignes as
        select
            cast(file_index as integer) as numero,
            cast(case {reconnus} when trim(lue) <> '' then 0 end as smallint) as format,
            case when strlen(lue) = length(lue) then lue end as texte,
            case when strlen(lue) <> length(lue) then lue end as accentuee
        from read_csv(
            {chemins_sql(f.chemin_a_lire for f in fichiers)}, columns = {{'lue': 'varchar'}}, auto_detect = false,
            header = false, delim = '\\x01', quote = '', escape = ''
        )
    """)
    lignes = ", ".join(
        f"({numero}, cast({f.identifiant} as bigint), {texte_sql(f.finess_ej)}, {texte_sql(f.flux.split('/')[1].upper())},"
        f" cast({annee_du_nom(f.nom_et_membre) or 'null'} as integer),"
        f" cast({_texte_ou_nul(finess_du_nom(f.nom_et_membre, f.finess_ej))} as varchar))"
        for numero, f in enumerate(fichiers)
    )
    moteur.execute(f"""
        create or replace table sources as
        select noms.*, coalesce(comptes.premiere, 0) as premiere, coalesce(comptes.nb_lignes, 0) as nb_lignes
        from (values {lignes}) as noms (numero, fichier_id, finess_ej, champ, annee, finess_du_nom)
        left join (
            select numero, min(rowid) as premiere, count(format) as nb_lignes from lignes group by numero
        ) as comptes using (numero)
    """)


def _dater(moteur: duckdb.DuckDBPyConnection, rss: list[Format]) -> None:
    """« annee in its name, else the year of its latest date »: of the RSS, that of their latest exit."""
    if not rss:
        return
    sorties = " union all ".join(
        f"select numero, {_par_nom(lu)['date_sortie'].valeur()} as jour from {_retenues(lu, prudente)} inner join sources using (numero)"
        " where annee is null"
        for lu in rss
        for prudente in (False, True)
    )
    moteur.execute(f"""
        update sources set annee = year(jour)
        from (select numero, max(jour) as jour from ({sorties}) group by numero) as sorties
        where sources.numero = sorties.numero
    """)


def _ecarter(moteur: duckdb.DuckDBPyConnection, presents: list[Format]) -> None:
    """Table ``douteuses``: the lines that something is wrong with, or have an accent.

    ``anomalie`` is what rejects them; of the others, ``illisibles`` is what is emptied.
    """
    toute = "rowid as numero_ligne, numero, format, coalesce(accentuee, texte) as texte"
    connues = [
        f"select *, {lu.anomalie()} as anomalie, case when anomalie is null then {lu.valeurs_illisibles()} end as illisibles"
        f" from (select {toute} from lignes where format = {lu.rang} and not {lu.est_valide()})"
        for lu in presents
    ]
    versions = " ".join(f"when regexp_matches(texte, '{motif}') then {version}" for motif, version in ressemblances())
    inconnues = f"""
        select
            * exclude (version),
            {{'motif': 'VERSION_INCONNUE', 'colonne': case when version is not null then 'version_format' end,
              'valeur': coalesce(version, substr(texte, 1, 60))}} as anomalie,
            cast(null as struct(colonne varchar, nb bigint)[]) as illisibles
        from (select *, case {versions} end as version from (select {toute} from lignes where format = 0))
    """
    moteur.execute(f"create or replace table douteuses as {' union all '.join((inconnues, *connues))}")


def _ecrire_les_comptes(moteur: duckdb.DuckDBPyConnection, dossier: Path) -> None:
    """Write what each file holds, its rejected lines and its alerts."""
    types = ", ".join(f"({lu.rang}, '{lu.fichier}', '{lu.version}')" for versions in formats().values() for lu in versions)
    inconnue = "format = 0 and anomalie.colonne is null"
    _copier(moteur, [f"""
        select
            fichier_id, cast(0 as bigint) as ligne, finess_ej, type_fichier,
            coalesce(types.version_format, inconnues.version_format) as version_format, count(*) as nb_lignes
        from lignes
        inner join sources using (numero)
        left join (values {types}) as types (format, type_fichier, version_format) using (format)
        left join (
            select numero_ligne, anomalie.valeur as version_format from douteuses where format = 0 and anomalie.colonne is not null
        ) as inconnues on lignes.rowid = numero_ligne
        where format is not null
        group by all
        order by all
    """], dossier / "versions")  # fmt: skip
    # « A file whose lines are all of unknown type is reported whole »: by its first line.
    _copier(moteur, [f"""
        select
            {PREFIXE}, anomalie.colonne as colonne, anomalie.valeur as valeur,
            case when inconnus.numero is null then anomalie.motif else 'FICHIER_INCONNU' end as motif,
            cast(null as varchar) as message_id, cast(null as varchar) as autres_fautes
        from douteuses
        inner join sources using (numero)
        left join (
            select numero, min(numero_ligne) as premiere_inconnue
            from douteuses
            inner join sources using (numero)
            group by numero, nb_lignes
            having count(*) filter (where {inconnue}) = nb_lignes
        ) as inconnus using (numero)
        where anomalie is not null and (inconnus.numero is null or numero_ligne = premiere_inconnue)
    """], dossier / "rejets")  # fmt: skip
    _copier(moteur, [f"""
        select
            {PREFIXE}, illisible.colonne as colonne, 'VALEUR_ILLISIBLE' as motif,
            cast(illisible.nb as bigint) as nb, cast(null as varchar) as message_id
        from (select numero_ligne, numero, unnest(illisibles) as illisible from douteuses where anomalie is null)
        inner join sources using (numero)
        where illisible.nb > 0
    """], dossier / "alertes")  # fmt: skip


def _lignes(lu: Format) -> str:
    """SQL: the kept lines of a version, typed."""
    champs = _par_nom(lu)
    propres = "".join(f", {sql} as {nom}" for nom, (_, sql) in PROPRES.get(lu.fichier, {}).items())

    def selection(prudente: bool) -> str:
        valeurs = (
            f"{champs[nom].valeur(prudente=prudente) if nom in champs else f'cast(null as {genre})'} as {nom}"
            for nom, genre in _champs(lu.fichier).items()
        )
        return (
            f"select {PREFIXE}, '{lu.version}' as version_format{propres}, {', '.join(valeurs)}"
            f" from {_retenues(lu, prudente)} inner join sources using (numero)"
        )

    return f"{selection(False)} union all {selection(True)}"


def _lignes_de_zone(lu: Format, zone: Zone, colonnes: dict[str, str], nommee: bool) -> str:
    """SQL: the zones of a name in the kept lines of a version, one row each, with that name if other zones go with them."""
    champs = {champ.nom: champ for champ in zone.champs}
    prefixe = "fichier_id, ligne, finess_ej" + (f", '{zone.nom}' as zone" if nommee else "")
    debut = zone.debut.replace(zone.nombre, "nombre") if zone.nombre != "1" else zone.debut

    def selection(prudente: bool) -> str:
        valeurs = (
            f"{champs[nom].valeur('debut', prudente) if nom in champs else f'cast(null as {genre})'} as {nom}"
            for nom, genre in colonnes.items()
        )
        return f"""
            select {prefixe}, cast(rang_de_zone as integer) as ordre, {", ".join(valeurs)}
            from (
                select *, {debut} + {zone.longueur} * (rang_de_zone - 1) as debut
                from (
                    select *, unnest(range(1, nombre + 1)) as rang_de_zone
                    from (
                        select {PREFIXE}, texte, {zone.nombre} as nombre
                        from {_retenues(lu, prudente)} inner join sources using (numero)
                    )
                )
            )
        """

    return f"{selection(False)} union all {selection(True)}"


def _retenues(lu: Format, prudente: bool) -> str:
    """SQL: the lines of a version with which nothing is wrong, or those of which some values may have to be emptied."""
    if prudente:
        return f"(select numero_ligne, numero, texte from douteuses where format = {lu.rang} and anomalie is null) as lignes"
    return f"""(
        select rowid as numero_ligne, numero, texte
        from lignes
        anti join douteuses on lignes.rowid = numero_ligne
        where format = {lu.rang}
    ) as lignes"""


def _par_nom(lu: Format) -> dict:
    return {champ.nom: champ for champ in lu.champs}


def _copier(moteur: duckdb.DuckDBPyConnection, selections: Iterable[str], chemin: Path) -> None:
    """Write the rows of some selections to ``<chemin>.parquet``, when there are some."""
    sql = " union all ".join(selections)
    if not sql:
        return
    fichier = chemin.with_suffix(".parquet")
    ((nombre,),) = moteur.execute(f"copy ({sql}) to {texte_sql(fichier)} ({OPTIONS_PARQUET})").fetchall()
    if not nombre:
        fichier.unlink()


def _texte_ou_nul(texte: str | None) -> str:
    return "null" if texte is None else texte_sql(texte)
