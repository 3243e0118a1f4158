select
    finess_ej,
    ordre,
    code as code_diagnostic,
    ligne_source
from {{ source('depot', 'pmsi_raa_diagnostics') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
