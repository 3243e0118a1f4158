select
    finess_ej,
    finess_pmsi,
    type_prestation,
    nda,
    date_debut,
    date_fin,
    code,
    nb_supplements,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_fichcomp') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
