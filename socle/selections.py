"""The units of a rate, one by one, with what a DIM needs to find each in the hospital's software: « socle selections »."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from socle.entrepot import ouvrir
from socle.lecture.sql import nom_sql
from socle.parametres import ErreurSocle, dire_la_memoire, raison
from socle.resultats.lecture import lire as lire_resultats
from socle.resultats.mots import accorder, nombre, valeur_en_mots
from socle.sorties import ecrire_fichier

DOSSIER = "selections"
"""Folder of the output folder; its files hold patient data, and are their owner's only."""
COLONNES = (
    "finess_ej", "periode_debut", "periode_fin", "axe", "unite", "unite_id", "au_numerateur", "etape", "ipp", "iep", "uf", "service",
    "activite", "date_entree", "date_sortie", "document_id", "date_envoi",
)  # fmt: skip
UNITES_MONTREES = 50
FACULTATIVES = {"etape": "varchar", "document_id": "varchar", "date_envoi": "date"}
"""Columns that only some populations have, with their type."""


@dataclass(frozen=True)
class Selection:
    """Units of an indicator, one row each, those that do not count first; columns are `COLONNES`."""

    indicateur: str
    libelle: str
    lignes: list[tuple]


@dire_la_memoire
def lire(entrepot: Path, code: str, finess: str | None, mois: date | None) -> Selection:
    """Read the units of an indicator.

    Args:
        entrepot: the warehouse.
        code: of the indicator, in any case.
        finess: of an EJ; all of them by default.
        mois: a day of the period; by default the period on which each EJ is judged.

    Raises:
        ErreurSocle: no such indicator or EJ, or one that has no units (a count, a declaration).
    """
    lus = lire_resultats(entrepot)
    indicateur = lus.indicateur(code)
    if finess:
        lus.etablissement(finess)
    with ouvrir(entrepot) as connexion:
        presentes = {nom for (nom, *_) in connexion.execute(f"describe populations.{nom_sql(indicateur.population)}").fetchall()}
        facultatives = ", ".join(
            f"unites.{nom}" if nom in presentes else f"cast(null as {genre}) as {nom}" for nom, genre in FACULTATIVES.items()
        )
        lignes = connexion.execute(
            f"""
            with jugees as (

                select distinct finess_ej, periode_debut
                from marts.indicateurs_juges
                where indicateur = $indicateur

            ),

            choisies as (

                select unites.*
                from populations.{nom_sql(indicateur.population)} as unites
                where
                    ($finess is null or unites.finess_ej = $finess)
                    and {"unites.indicateur = $indicateur" if "indicateur" in presentes else "$indicateur is not null"}
                    and (
                        case when $mois is null
                            then (unites.finess_ej, unites.periode_debut) in (select (finess_ej, periode_debut) from jugees)
                            else cast($mois as date) between unites.periode_debut and unites.periode_fin
                        end
                    )

            ),

            -- The PMSI may tell several venues of one IEP: the first of them.
            venues as (

                select distinct on (finess_ej, iep)
                    finess_ej,
                    iep,
                    ipp,
                    uf,
                    champ,
                    date_entree,
                    date_sortie
                from intermediaire.int_venues
                order by date_entree, date_sortie, champ, uf, ipp

            ),

            venues_des_sejours as (

                select
                    finess_ej,
                    sejour_id,
                    string_agg(venues.iep, ' ' order by venues.date_entree, venues.iep) as ieps,
                    any_value(dernieres.iep) as derniere
                from intermediaire.int_sejours_venues as venues
                inner join intermediaire.int_dernieres_venues as dernieres
                    using (finess_ej, sejour_id)
                group by finess_ej, sejour_id

            ),

            retrouvees as (

                select
                    unites.*,
                    coalesce(sejours.ipp, documents.ipp, venues.ipp, case when $unite = 'patient' then unites.unite_id end) as ipp,
                    coalesce(liens.ieps, documents.iep, venues.iep) as iep,
                    coalesce(liens.derniere, documents.iep, venues.iep) as une_venue,
                    sejours.activite,
                    sejours.date_entree as entree_du_sejour,
                    sejours.date_sortie as sortie_du_sejour
                from choisies as unites
                left join intermediaire.int_sejours as sejours
                    on
                        unites.finess_ej = sejours.finess_ej
                        and unites.unite_id = sejours.sejour_id
                        and $unite in ('séjour', 'venue')
                left join venues_des_sejours as liens
                    on
                        sejours.finess_ej = liens.finess_ej
                        and sejours.sejour_id = liens.sejour_id
                left join venues
                    on
                        unites.finess_ej = venues.finess_ej
                        and unites.unite_id = venues.iep
                        and $unite in ('consultation', 'venue')
                left join intermediaire.int_documents as documents
                    on
                        unites.finess_ej = documents.finess_ej
                        and unites.unite_id = documents.set_id
                        and $unite in ('compte rendu', 'document')

            )

            select
                unites.finess_ej,
                unites.periode_debut,
                unites.periode_fin,
                unites.axe,
                $unite as unite,
                unites.unite_id,
                unites.au_numerateur,
                {facultatives.split(", ")[0]},
                unites.ipp,
                unites.iep,
                venues.uf,
                services.libelle as service,
                coalesce(unites.activite, venues.champ) as activite,
                coalesce(unites.entree_du_sejour, venues.date_entree) as date_entree,
                coalesce(unites.sortie_du_sejour, venues.date_sortie) as date_sortie,
                {", ".join(facultatives.split(", ")[1:])}
            from retrouvees as unites
            left join venues
                on
                    unites.finess_ej = venues.finess_ej
                    and unites.une_venue = venues.iep
            left join staging.stg_gam__unites_fonctionnelles as ufs
                on
                    venues.finess_ej = ufs.finess_ej
                    and venues.uf = ufs.uf
            left join staging.stg_gam__services as services
                on
                    ufs.finess_ej = services.finess_ej
                    and ufs.service_id = services.service_id
            order by unites.finess_ej, unites.periode_debut, unites.axe, unites.au_numerateur, unites.unite_id
            """,
            {"indicateur": indicateur.code, "finess": finess, "mois": mois, "unite": indicateur.unite},
        ).fetchall()
    return Selection(indicateur.code, indicateur.libelle, lignes)


def afficher(console: Console, selection: Selection) -> None:
    """Print the first units, a row each, with what finds them."""
    console.print(f"{selection.indicateur}  {selection.libelle}", style="bold", soft_wrap=True)
    nb = len(selection.lignes)
    comptees = sum(ligne[COLONNES.index("au_numerateur")] is True for ligne in selection.lignes)
    console.print(f"{accorder(nb, 'unité', 'unités')}, dont {nombre(comptees)} au numérateur")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    montrees = (
        "finess_ej",
        "periode_debut",
        "unite_id",
        "au_numerateur",
        "etape",
        "ipp",
        "iep",
        "uf",
        "date_sortie",
        "document_id",
    )
    for colonne in montrees:
        table.add_column(colonne, overflow="fold")
    for ligne in selection.lignes[:UNITES_MONTREES]:
        valeurs = (ligne[COLONNES.index(colonne)] for colonne in montrees)
        table.add_row(*("" if valeur is None else valeur_en_mots(valeur) for valeur in valeurs))
    console.print(table)
    if nb > UNITES_MONTREES:
        console.print(
            f"… et {nombre(nb - UNITES_MONTREES)} autres : --csv les écrit toutes, avec l'activité, le service et l'entrée."
        )


def _texte(valeur: object) -> str:
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    return "" if valeur is None else str(valeur)


def ecrire(selection: Selection, sortie: Path, finess: str | None, mois: date | None) -> Path:
    """Write the units as a CSV that a spreadsheet opens, for its owner only.

    Raises:
        ErreurSocle: the file cannot be written.
    """
    nom = "_".join(
        [selection.indicateur.lower().replace(".", "_"), *([finess] if finess else []), *([f"{mois:%Y-%m}"] if mois else [])]
    )
    chemin = sortie / DOSSIER / f"{nom}.csv"
    tampon = io.StringIO()
    redacteur = csv.writer(tampon, delimiter=";", lineterminator="\r\n")
    redacteur.writerow(COLONNES)
    redacteur.writerows([_texte(valeur) for valeur in ligne] for ligne in selection.lignes)
    try:
        chemin.parent.mkdir(mode=0o700, exist_ok=True)
        ecrire_fichier(chemin, tampon.getvalue().encode("utf-8-sig"), 0o600)
    except OSError as erreur:
        raise ErreurSocle(f"{chemin} ne peut pas être écrit ({raison(erreur)}) : vérifiez les droits ou SOCLE_SORTIE.") from None
    return chemin
