-- One row per séjour and type of prescription: how many there are, how many were entered in the software, how many
-- reach the plan de soins. Counted per venue first: prescriptions are many, venues are few.

with venues_prescrites as (

    select
        finess_ej,
        iep,
        type_prescription,
        count(*) as nb_prescriptions,
        count(*) filter (where informatisee) as nb_informatisees,
        count(*) filter (where dans_plan_de_soins) as nb_dans_plan_de_soins
    from {{ ref('stg_dpi__prescriptions') }}
    where cast(date_prescription as date) <= {{ date_extraction() }}
    group by finess_ej, iep, type_prescription

)

select
    rattachements.sejour_id,
    venues_prescrites.finess_ej,
    venues_prescrites.type_prescription,
    cast(sum(venues_prescrites.nb_prescriptions) as bigint) as nb_prescriptions,
    cast(sum(venues_prescrites.nb_informatisees) as bigint) as nb_informatisees,
    cast(sum(venues_prescrites.nb_dans_plan_de_soins) as bigint) as nb_dans_plan_de_soins
from venues_prescrites
inner join {{ ref('int_sejours_venues') }} as rattachements
    on
        venues_prescrites.finess_ej = rattachements.finess_ej
        and venues_prescrites.iep = rattachements.iep
group by rattachements.sejour_id, venues_prescrites.finess_ej, venues_prescrites.type_prescription
