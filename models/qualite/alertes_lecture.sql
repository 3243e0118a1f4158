-- What was read with a reservation, not rejected: one row per file, line (or message) and reason.

with alertes as (

    select
        flux,
        rang,
        ligne,
        colonne,
        motif,
        nb,
        message_id
    from {{ source('depot', 'alertes') }}

    union all

    -- Bytes of a file in UTF-8 that are not, read as CP1252 one by one.
    select
        flux,
        rang,
        cast(null as bigint) as ligne,
        cast(null as string) as colonne,
        'OCTETS_ILLISIBLES' as motif,
        nb_octets_illisibles as nb,
        cast(null as string) as message_id
    from {{ ref('stg_reference__fichiers') }}
    where nb_octets_illisibles > 0

    union all

    select
        flux,
        floor(ligne_source / 10000000000) as rang,
        ligne_source % 10000000000 as ligne,
        colonne,
        motif,
        1 as nb,
        message_id
    from {{ ref('int_gam_messages_rejets') }}
    where motif = 'CORPS_ILLISIBLE'

)

select
    fichiers.finess_ej,
    fichiers.flux,
    fichiers.fichier,
    alertes.ligne,
    alertes.colonne,
    alertes.motif,
    alertes.nb,
    alertes.message_id
from alertes
inner join {{ ref('stg_reference__fichiers') }} as fichiers
    on
        alertes.flux = fichiers.flux
        and alertes.rang = fichiers.rang
order by fichiers.finess_ej, fichiers.flux, fichiers.fichier, alertes.ligne, alertes.colonne, alertes.motif, alertes.message_id
