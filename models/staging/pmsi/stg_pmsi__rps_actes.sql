select
    finess_ej,
    ordre,
    date_acte,
    code as code_acte,
    extension_pmsi,
    phase,
    activite,
    extension_documentaire,
    nb_realisations,
    ligne_source
from {{ source('depot', 'pmsi_rps_actes') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
