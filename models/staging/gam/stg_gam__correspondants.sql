select
    finess_ej,
    correspondant_id,
    adresse_mss,
    date_maj,
    interne,
    ligne_source
from {{ source('depot', 'gam_correspondants') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'gam_correspondants_remplacees') }})
