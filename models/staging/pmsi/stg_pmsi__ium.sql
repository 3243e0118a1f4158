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
from {{ source('depot', 'pmsi_ium') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
