-- One row per rejected line: « never dropped in silence, never guessed ». A file that cannot be
-- read, lacks an obligatory column or has two of one name is rejected as a whole, at its line 1.

with lignes_des_tables as (
    {{ union_des_flux('rejets') }}
),

lignes_rejetees as (

    select
        flux,
        ligne_source,
        colonne,
        valeur,
        motif,
        cast(null as string) as message_id,
        autres_fautes
    from lignes_des_tables

    union all

    {{ rejets_des_messages() }}

)

select
    fichiers.finess_ej,
    fichiers.flux,
    fichiers.fichier,
    lignes_rejetees.ligne_source % 10000000000 as ligne,
    lignes_rejetees.colonne,
    lignes_rejetees.valeur,
    lignes_rejetees.motif,
    -- MSH-10 of an HL7 message, whose line is its rank in the file.
    lignes_rejetees.message_id,
    lignes_rejetees.autres_fautes
from lignes_rejetees
inner join {{ ref('stg_reference__fichiers') }} as fichiers
    on
        lignes_rejetees.flux = fichiers.flux
        and lignes_rejetees.ligne_source - lignes_rejetees.ligne_source % 10000000000 = fichiers.rang * 10000000000

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
