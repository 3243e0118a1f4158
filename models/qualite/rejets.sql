-- One row per rejected line: « never dropped in silence, never guessed ». A file that cannot be
-- read, lacks an obligatory column or has two of one name is rejected as a whole, at its line 1.

with lignes_rejetees as (

    select
        flux,
        ligne_source,
        colonne,
        valeur,
        motif,
        message_id,
        autres_fautes
    from {{ source('depot', 'rejets') }}

    union all

    select
        flux,
        ligne_source,
        colonne,
        cast(null as string) as valeur,
        motif,
        message_id,
        cast(null as string) as autres_fautes
    from {{ ref('int_gam_messages_rejets') }}

)

select
    fichiers.finess_ej,
    fichiers.flux,
    fichiers.fichier,
    rejets.ligne_source % 10000000000 as ligne,
    rejets.colonne,
    rejets.valeur,
    rejets.motif,
    -- MSH-10 of an HL7 message, whose line is its rank in the file.
    rejets.message_id,
    rejets.autres_fautes
from lignes_rejetees as rejets
inner join {{ ref('stg_reference__fichiers') }} as fichiers
    on
        rejets.flux = fichiers.flux
        and floor(rejets.ligne_source / 10000000000) = fichiers.rang

union all

select
    finess_ej,
    flux,
    fichier,
    1 as ligne,
    case etat
        when 'COLONNE_MANQUANTE' then split_part(colonnes_manquantes, ', ', 1)
        when 'COLONNE_EN_DOUBLE' then colonne_en_double
    end as colonne,
    erreur as valeur,
    etat as motif,
    cast(null as string) as message_id,
    cast(null as string) as autres_fautes
from {{ ref('stg_reference__fichiers') }}
where etat in ('ILLISIBLE', 'COLONNE_MANQUANTE', 'COLONNE_EN_DOUBLE')
order by finess_ej, flux, fichier, ligne
