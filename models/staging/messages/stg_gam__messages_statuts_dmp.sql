{{ config(materialized='ephemeral') }}

-- One row per (patient, instant) at which an ADT message (ZFA) or a refusal of the DMP (DMPClosed) tells its state.

with constats as (

    select
        finess_ej,
        ipp,
        date_constat_dmp as date_constat,
        statut_dmp,
        coalesce(alimentation_dmp = 'IO', false) as opposition_alimentation,
        case consultation_dmp when 'IC' then true when 'INC' then false end as consentement_consultation,
        iep,
        date_message,
        ligne_source
    from {{ ref('stg_gam__messages') }}
    where
        retenu
        and statut_dmp is not null

    union all

    select
        finess_ej,
        ipp,
        date_statut_dmp as date_constat,
        'FERME' as statut_dmp,
        false as opposition_alimentation,
        cast(null as boolean) as consentement_consultation,
        -- The patient was told nothing during this venue.
        cast(null as varchar) as iep,
        date_statut_dmp as date_message,
        ligne_source
    from {{ ref('stg_dpi__messages_documents') }}
    where code_erreur_dmp = 'DMPClosed'

),

rangs as (

    select
        *,
        row_number() over (
            partition by finess_ej, ipp, date_constat
            order by date_message desc, ligne_source desc
        ) as rang
    from constats

)

select
    finess_ej,
    ipp,
    date_constat,
    statut_dmp,
    opposition_alimentation,
    consentement_consultation,
    iep,
    date_message as date_source,
    ligne_source,
    false as supprime
from rangs
where rang = 1
