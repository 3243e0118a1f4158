select
    finess_ej,
    mois,
    nb_appels,
    ligne_source
from {{ source('depot', 'national_cnam_appels_insi') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'national_cnam_appels_insi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
