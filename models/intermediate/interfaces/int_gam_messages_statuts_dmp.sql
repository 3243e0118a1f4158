{{ config(materialized='view') }}

-- One row per (patient, instant) at which an ADT message (ZFA) or a refusal of the DMP (DMPClosed) tells its state.

with constats as (

    select
        messages.finess_ej,
        coalesce(identites.ipp_final, messages.ipp_message) as ipp,
        messages.date_constat_dmp as date_constat,
        messages.statut_dmp,
        coalesce(messages.alimentation_dmp = 'IO', false) as opposition_alimentation,
        case messages.consultation_dmp when 'IC' then true when 'INC' then false end as consentement_consultation,
        coalesce(mouvements.iep, messages.iep) as iep,
        -- IO, INO, IC and INC tell a patient who was informed; NA, one who was not asked.
        case
            when messages.alimentation_dmp in ('IO', 'INO') or messages.consultation_dmp in ('IC', 'INC') then true
        end as information_delivree,
        messages.date_message,
        messages.ligne_source
    from {{ ref('int_gam_messages') }} as messages
    left join {{ ref('int_gam_messages_identites') }} as identites
        on
            messages.finess_ej = identites.finess_ej
            and messages.ipp_message = identites.ipp
            and messages.ordre >= identites.ordre_debut
            and messages.ordre < identites.ordre_fin
    left join {{ ref('int_gam_messages_mouvements') }} as mouvements
        on messages.ligne_source = mouvements.ligne_source
    where messages.statut_dmp is not null

    union all

    select
        finess_ej,
        ipp,
        date_statut_dmp as date_constat,
        'FERME' as statut_dmp,
        false as opposition_alimentation,
        cast(null as boolean) as consentement_consultation,
        -- The patient was told nothing during this venue.
        cast(null as string) as iep,
        cast(null as boolean) as information_delivree,
        date_statut_dmp as date_message,
        ligne_source
    from {{ ref('int_dpi_messages_documents') }}
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
    information_delivree,
    date_message as date_source,
    ligne_source,
    false as supprime
from rangs
where rang = 1
