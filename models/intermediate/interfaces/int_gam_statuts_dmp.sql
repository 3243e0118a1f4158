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
    )
    where rang = 1

)

select
    tables.finess_ej,
    tables.ipp,
    tables.date_constat,
    tables.statut_dmp,
    tables.opposition_alimentation,
    tables.consentement_consultation,
    tables.iep,
    tables.information_delivree,
    'TABLE' as source,
    tables.ligne_source
from tables
left join {{ ref('int_gam_messages_statuts_dmp') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.ipp = messages.ipp
        and tables.date_constat = messages.date_constat
        and messages.date_source >= tables.extrait_le
where messages.finess_ej is null

union all

select
    messages.finess_ej,
    messages.ipp,
    messages.date_constat,
    messages.statut_dmp,
    messages.opposition_alimentation,
    messages.consentement_consultation,
    messages.iep,
    messages.information_delivree,
    'HL7' as source,
    messages.ligne_source
from {{ ref('int_gam_messages_statuts_dmp') }} as messages
left join tables
    on
        tables.finess_ej = messages.finess_ej
        and tables.ipp = messages.ipp
        and tables.date_constat = messages.date_constat
where
    not messages.supprime
    and (tables.finess_ej is null or messages.date_source >= tables.extrait_le)
