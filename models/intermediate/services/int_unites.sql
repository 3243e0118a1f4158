{{ config(materialized='view') }}

-- Every unit of every rate in one relation: one row per population, establishment, period, value of the axis and unit.
-- « indicateur » is null where the population serves each of its indicators alike, « etape » where it leads to no DMP.

with unites as (
    {%- for population in populations_des_taux() %}
    {%- if not loop.first %}

    union all
    {%- endif %}

    select
        '{{ population.nom }}' as population,
        {{ 'indicateur' if population.partagee else 'cast(null as string) as indicateur' }},
        finess_ej,
        periode_debut,
        periode_fin,
        axe,
        unite_id,
        au_numerateur,
        {{ 'etape' if population.etape else 'cast(null as string) as etape' }}
    from {{ ref(population.nom) }}
    {%- endfor %}

)

select
    population,
    indicateur,
    finess_ej,
    periode_debut,
    periode_fin,
    axe,
    unite_id,
    au_numerateur,
    etape
from unites
