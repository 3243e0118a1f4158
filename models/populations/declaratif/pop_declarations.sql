-- D4.1, D5.1, D5.3, D6.2, D7.2, D7.3 (HOP'EN), DS4.3 (SUN-ES) — ce que l'établissement déclare.
-- Guide HOP'EN, fiches « Modalité de calcul : déclaratif », guide SUN-ES, PS4.3 : un état au moment où il est rapporté. La
-- dernière déclaration, au jour de l'extraction au plus tard, répond : OUI vaut 1 sur 1, NON 0 sur 1, NA ou aucune 0 sur 0.
-- Une ligne par établissement et par indicateur auquel il répond OUI ou NON.

with dernieres_declarations as (

    select
        finess_ej,
        code,
        max(date_declaration) as date_declaration
    from {{ ref('stg_declaratif__declarations') }}
    where date_declaration <= {{ date_extraction() }}
    group by finess_ej, code

)

select
    declarations.code as indicateur,
    declarations.finess_ej,
    instants.periode_debut,
    instants.periode_fin,
    'TOUS' as axe,
    declarations.code as unite_id,
    declarations.valeur = 'OUI' as au_numerateur,
    declarations.date_declaration,
    declarations.justification
from {{ ref('stg_declaratif__declarations') }} as declarations
inner join dernieres_declarations
    on
        declarations.finess_ej = dernieres_declarations.finess_ej
        and declarations.code = dernieres_declarations.code
        and declarations.date_declaration = dernieres_declarations.date_declaration
inner join {{ ref('catalogue_indicateurs') }} as indicateurs
    on
        declarations.code = indicateurs.indicateur
        and indicateurs.nature = 'declaratif'
inner join {{ ref('int_periodes') }} as instants
    on
        declarations.finess_ej = instants.finess_ej
        and instants.nature = 'instant'
where declarations.valeur <> 'NA'
