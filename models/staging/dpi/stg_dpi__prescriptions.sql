select
    finess_ej,
    prescription_id,
    iep,
    type_prescription,
    informatisee,
    dans_plan_de_soins,
    date_prescription,
    ligne_source
from {{ source('depot', 'dpi_prescriptions') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'dpi_prescriptions_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
