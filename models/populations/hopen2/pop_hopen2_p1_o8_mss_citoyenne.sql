-- P1.O8 — patients d'un parcours éligible ayant reçu un message dans Mon espace santé.
-- Guide HOP'EN2 phase 1, objectif 8 : parmi les patients pris en charge dans le mois dans un parcours pour lequel la CME a
-- choisi d'écrire aux patients, hors passages aux urgences, ceux auxquels un message a été envoyé, avec ou sans document ; un
-- document, s'il y en a un, porte une INS qualifiée. Un établissement qui ne déclare aucun parcours compte tous ses patients.
-- Un patient par ligne et par mois. Un message est de la venue qu'il nomme, quelle que soit sa date ; à défaut, du mois de son
-- envoi.

with venues_eligibles as (

    select
        venues.finess_ej,
        venues.iep,
        venues.ipp,
        venues.periode_debut,
        venues.periode_fin
    from {{ ref('int_venues_mois') }} as venues
    inner join {{ ref('stg_declaratif__parcours_eligibles') }} as parcours
        on
            venues.finess_ej = parcours.finess_ej
            and venues.date_entree between parcours.date_debut and coalesce(parcours.date_fin, venues.date_entree)
            and coalesce(venues.uf = parcours.uf, parcours.uf is null)
            and coalesce(venues.champ = parcours.champ, parcours.champ is null)
    where
        venues.champ <> 'URGENCES'
        and venues.ipp is not null

    union all

    select
        venues.finess_ej,
        venues.iep,
        venues.ipp,
        venues.periode_debut,
        venues.periode_fin
    from {{ ref('int_venues_mois') }} as venues
    where
        venues.champ <> 'URGENCES'
        and venues.ipp is not null
        and venues.finess_ej not in (select finess_ej from {{ ref('stg_declaratif__parcours_eligibles') }})

),

patients_eligibles as (

    select distinct
        finess_ej,
        ipp,
        periode_debut,
        periode_fin
    from venues_eligibles

),

messages as (

    select
        finess_ej,
        iep,
        ipp,
        periode_debut
    from {{ ref('int_messages_mss') }}
    where
        canal = 'CITOYENNE'
        and (not porte_un_document or ins_qualifiee)

),

patients_avec_message as (

    select
        venues_eligibles.finess_ej,
        venues_eligibles.ipp,
        venues_eligibles.periode_debut
    from venues_eligibles
    inner join messages
        on
            venues_eligibles.finess_ej = messages.finess_ej
            and venues_eligibles.iep = messages.iep

    union

    select
        finess_ej,
        ipp,
        periode_debut
    from messages
    where iep is null

)

select
    patients_eligibles.finess_ej,
    patients_eligibles.periode_debut,
    patients_eligibles.periode_fin,
    'TOUS' as axe,
    patients_eligibles.ipp as unite_id,
    patients_avec_message.ipp is not null as au_numerateur
from patients_eligibles
left join patients_avec_message
    on
        patients_eligibles.finess_ej = patients_avec_message.finess_ej
        and patients_eligibles.ipp = patients_avec_message.ipp
        and patients_eligibles.periode_debut = patients_avec_message.periode_debut
