select
    finess_ej,
    champ,
    numero_sejour,
    nda,
    annee,
    finess_pmsi,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_hosp_pmsi') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
