select
    finess_ej,
    iep,
    correspondant_id,
    role,
    extrait_le,
    ligne_source
from {{ source('depot', 'gam_venues_correspondants') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'gam_venues_correspondants_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
