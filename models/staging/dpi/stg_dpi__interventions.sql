select
    finess_ej,
    intervention_id,
    iep,
    date_intervention,
    chirurgicale,
    ligne_source
from {{ source('depot', 'dpi_interventions') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_interventions_remplacees') }})
