-- What is known of a patient's DMP at an instant, by the table or by messages.
-- « The latest date wins »: that of the message, or that of the table's extraction.
-- « A40, A47 and A44 move what the tables carry too »: what was extracted before, or after under the former number.

with deplacees as (

    select
        lignes.finess_ej,
        coalesce(venues_deplacees.ipp, absorptions.ipp_final, lignes.ipp) as ipp,
        lignes.date_constat,
        lignes.statut_dmp,
        lignes.opposition_alimentation,
        lignes.consentement_consultation,
        lignes.iep,
        lignes.information_delivree,
        lignes.extrait_le,
        lignes.ligne_source
    from {{ ref('stg_gam__statuts_dmp_tables') }} as lignes
    left join {{ ref('int_gam_messages_deplacements') }} as venues_deplacees
        on
            lignes.finess_ej = venues_deplacees.finess_ej
            and lignes.iep = venues_deplacees.numero
            and lignes.extrait_le <= venues_deplacees.date_message
    left join {{ ref('int_gam_absorptions') }} as absorptions
        on
            lignes.finess_ej = absorptions.finess_ej
            and lignes.ipp = absorptions.ipp
            and lignes.extrait_le >= absorptions.date_debut
            and lignes.extrait_le < absorptions.date_fin

),

-- Two identities that become one may both have had a state at that instant.
tables as (

    select
        finess_ej,
        ipp,
        date_constat,
        statut_dmp,
        opposition_alimentation,
        consentement_consultation,
        iep,
        information_delivree,
        extrait_le,
        ligne_source
    from (
        select
            *,
            row_number() over (partition by finess_ej, ipp, date_constat order by ligne_source desc) as rang
        from deplacees
    ) as rangees
    where rang = 1

)

select
    coalesce(tables.finess_ej, messages.finess_ej) as finess_ej,
    coalesce(tables.ipp, messages.ipp) as ipp,
    coalesce(tables.date_constat, messages.date_constat) as date_constat,
    {{ le_plus_recent('statut_dmp') }},
    {{ le_plus_recent('opposition_alimentation') }},
    {{ le_plus_recent('consentement_consultation') }},
    {{ le_plus_recent('iep') }},
    {{ le_plus_recent('information_delivree') }},
    case when {{ message_plus_recent() }} then 'HL7' else 'TABLE' end as source,
    {{ le_plus_recent('ligne_source') }}
from tables
full outer join {{ ref('int_gam_messages_statuts_dmp') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.ipp = messages.ipp
        and tables.date_constat = messages.date_constat
where not coalesce(messages.supprime and ({{ message_plus_recent() }}), false)
