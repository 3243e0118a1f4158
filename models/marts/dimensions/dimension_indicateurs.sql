-- The catalogue as a reader of figures needs it: one row per indicator, with its definition and the rule of its target.

with cibles_datees as (

    select
        indicateur,
        cast(cible as string) || ' %'
        || case
            when cible_si_sun_es_atteint <> cible
                then
                    ', ' || cast(cible_si_sun_es_atteint as string) || ' % si la cible SUN-ES '
                    || upper(replace(drapeau_sun_es, '_', '.')) || ' a été atteinte'
            else ''
        end
        || case
            when date_debut is null and date_fin is null then ''
            when date_debut is null then ' jusqu’au ' || {{ jour_francais('date_fin') }}
            when date_fin is null then ' à partir du ' || {{ jour_francais('date_debut') }}
            else ' du ' || {{ jour_francais('date_debut') }} || ' au ' || {{ jour_francais('date_fin') }}
        end as regle
    from {{ ref('cibles') }}
    -- Of a table of targets that the guide contradicts elsewhere, the one that this build reads.
    where coalesce(variante, '{{ var("cibles_mssante") }}') = '{{ var("cibles_mssante") }}'

),

regles as (

    select
        indicateur,
        {{ liste_triee('regle', 'regle is not null', ' ; ') }} as regle_cible
    from cibles_datees
    group by indicateur

)

select
    catalogue.indicateur,
    catalogue.ordre,
    catalogue.programme,
    catalogue.libelle,
    catalogue.nature,
    catalogue.periode as nature_periode,
    catalogue.axe as nature_axe,
    definitions.unite,
    regles.regle_cible,
    definitions.definition,
    definitions.lecture_retenue,
    definitions.source,
    catalogue.nom_table
from {{ ref('catalogue_indicateurs') }} as catalogue
left join {{ ref('definitions') }} as definitions
    on catalogue.indicateur = definitions.indicateur
left join regles
    on catalogue.indicateur = regles.indicateur
order by catalogue.ordre
