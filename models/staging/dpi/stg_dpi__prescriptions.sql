select
    finess_ej,
    prescription_id,
    iep,
    type_prescription,
    informatisee,
    dans_plan_de_soins,
    date_prescription,
    ligne_source
from {{ source('depot', 'dpi_prescriptions') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_prescriptions_remplacees') }})
