-- What is known of a patient's DMP at an instant, by the table or by messages.
-- « The latest date wins »: that of the message, or that of the table's extraction.
-- Rows are under the identity that messages say is theirs since they were extracted (macro ipp_actuel).

with deplacees as (

    select
        lignes.finess_ej,
        {{ ipp_actuel(['iep']) }} as ipp,
        lignes.date_constat,
        lignes.statut_dmp,
        lignes.opposition_alimentation,
        lignes.consentement_consultation,
        lignes.iep,
        lignes.information_delivree,
        lignes.extrait_le,
        lignes.ligne_source
    from {{ ref('stg_gam__statuts_dmp_tables') }} as lignes
    {{ joindre_l_identite(ref('int_gam_messages_deplacements'), ref('int_gam_absorptions'), ['iep']) }}

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
