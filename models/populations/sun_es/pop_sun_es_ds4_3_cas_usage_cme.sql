-- DS4.3 — présentation des cas d'usage de la MSSanté professionnelle et citoyenne en CME.
-- Guide SUN-ES (ARS), volet 2: the establishment declares it. The latest declaration on or before the day of extraction
-- counts; NA, or no declaration, is not applicable.
-- One row per establishment that declared OUI or NON.

with dernieres_declarations as (

    select
        finess_ej,
        code,
        max_by(valeur, date_declaration) as valeur
    from {{ ref('stg_declaratif__declarations') }}
    where
        code = 'DS4.3'
        and date_declaration <= {{ date_extraction() }}
    group by finess_ej, code

)

select
    dernieres_declarations.finess_ej,
    instant.periode_debut,
    instant.periode_fin,
    'TOUS' as axe,
    dernieres_declarations.code as unite_id,
    dernieres_declarations.valeur = 'OUI' as au_numerateur
from dernieres_declarations
inner join {{ ref('int_periodes') }} as instant
    on
        dernieres_declarations.finess_ej = instant.finess_ej
        and instant.nature = 'instant'
where dernieres_declarations.valeur <> 'NA'
