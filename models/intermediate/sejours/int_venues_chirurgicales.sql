-- Venues during which the patient had a surgical act, known by the DPI or by the PMSI (GHM of type C): one row per venue.
-- Either source is enough, whichever feeds the séjours.

with interventions as (

    select
        finess_ej,
        iep
    from {{ ref('stg_dpi__interventions') }}
    where
        chirurgicale
        and cast(date_intervention as date) <= {{ date_extraction() }}

),

sejours_chirurgicaux as (

    select
        finess_ej,
        iep
    from {{ ref('int_venues_pmsi') }}
    where chirurgical

)

select
    finess_ej,
    iep
from interventions

union

select
    finess_ej,
    iep
from sejours_chirurgicaux
