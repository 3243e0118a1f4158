select
    finess_ej,
    ordre,
    code as code_diagnostic,
    ligne_source
from {{ source('depot', 'pmsi_rhs_diagnostics') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
