select
    finess_ej,
    unite_medicale,
    finess_geo,
    type_autorisation,
    date_effet,
    nb_lits,
    mode_hospitalisation,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_ium') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
