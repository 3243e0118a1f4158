select
    finess_ej,
    iep,
    correspondant_id,
    role,
    ligne_source
from {{ flux() }}
