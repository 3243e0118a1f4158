select
    finess_ej,
    programme,
    fenetre,
    domaine,
    date_candidature,
    ligne_source
from {{ source('depot', 'declaratif_candidatures') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'declaratif_candidatures_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
