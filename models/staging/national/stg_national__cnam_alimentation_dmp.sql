select
    finess_ej,
    mois,
    type_code,
    nb_documents,
    nb_dmp_alimentes,
    ligne_source
from {{ source('depot', 'national_cnam_alimentation_dmp') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'national_cnam_alimentation_dmp_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
