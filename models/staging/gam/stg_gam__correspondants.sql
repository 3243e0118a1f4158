select
    finess_ej,
    correspondant_id,
    adresse_mss,
    date_maj,
    interne,
    ligne_source
from {{ source('depot', 'gam_correspondants') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'gam_correspondants_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
