select
    finess_ej,
    iep,
    correspondant_id,
    role,
    extrait_le,
    ligne_source
from {{ source('depot', 'gam_venues_correspondants') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'gam_venues_correspondants_remplacees') }})
