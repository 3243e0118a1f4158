select
    finess_ej,
    domaine,
    editeur,
    solution,
    date_debut,
    date_fin,
    convergence,
    ligne_source
from {{ source('depot', 'declaratif_applications') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'declaratif_applications_remplacees') }})
