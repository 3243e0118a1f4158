-- Venues during which the patient had a surgical act: one row per venue.

select distinct
    finess_ej,
    iep
from {{ ref('stg_dpi__interventions') }}
where
    chirurgicale
    and cast(date_intervention as date) <= {{ date_extraction() }}
