select
    finess_ej,
    intervention_id,
    iep,
    date_intervention,
    chirurgicale,
    ligne_source
from {{ source('depot', 'dpi_interventions') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'dpi_interventions_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
