select
    finess_ej,
    intervention_id,
    iep,
    date_intervention,
    chirurgicale,
    ligne_source
from {{ flux() }}
