select
    finess_ej,
    zone as type_diagnostic,
    ordre,
    code as code_diagnostic,
    ligne_source
from {{ source('depot', 'pmsi_rss_diagnostics') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
