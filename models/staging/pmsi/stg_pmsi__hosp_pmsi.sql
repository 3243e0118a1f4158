select
    finess_ej,
    champ,
    numero_sejour,
    nda,
    annee,
    finess_pmsi,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_hosp_pmsi') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
