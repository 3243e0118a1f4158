select
    finess_ej,
    domaine,
    editeur,
    solution,
    date_debut,
    date_fin,
    convergence,
    ligne_source
from {{ source('depot', 'declaratif_applications') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'declaratif_applications_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
