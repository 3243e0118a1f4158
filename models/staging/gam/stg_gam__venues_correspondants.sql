select
    finess_ej,
    iep,
    correspondant_id,
    role,
    source,
    ligne_source
from {{ flux('stg_gam__messages_venues_correspondants') }}
