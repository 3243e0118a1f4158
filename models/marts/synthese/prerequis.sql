-- Prerequisites of a candidature, declared by the establishment: one row per establishment and prerequisite.
-- HOP'EN2 phase 1 asks for four on identitovigilance. SUN-ES asks for six, and PS4.1 for volet 2; a candidate for volet 2
-- alone must also meet the six of volet 1.
-- The latest declaration on or before the day of extraction tells the state; NON_DECLARE when there is none.

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
    prerequis.programme,
    prerequis.code,
    prerequis.libelle,
    prerequis.volet,
    etablissements.finess_ej,
    coalesce(declarations.valeur, 'NON_DECLARE') as etat,
    coalesce(declarations.valeur = 'OUI', false) as atteint,
    declarations.date_declaration,
    declarations.justification,
    coalesce(declarations.valeur = 'OUI' and declarations.justification is null, false) as justification_manquante,
    prerequis.ordre
from {{ ref('stg_reference__etablissements') }} as etablissements
cross join {{ ref('prerequis_programmes') }} as prerequis
left join dernieres_declarations
    on
        etablissements.finess_ej = dernieres_declarations.finess_ej
        and prerequis.code_declaration = dernieres_declarations.code
left join {{ ref('stg_declaratif__declarations') }} as declarations
    on
        dernieres_declarations.finess_ej = declarations.finess_ej
        and dernieres_declarations.code = declarations.code
        and dernieres_declarations.date_declaration = declarations.date_declaration
order by etablissements.finess_ej, prerequis.ordre
