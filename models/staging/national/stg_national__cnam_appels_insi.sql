select
    finess_ej,
    mois,
    nb_appels,
    ligne_source
from {{ source('depot', 'national_cnam_appels_insi') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'national_cnam_appels_insi_remplacees') }})
