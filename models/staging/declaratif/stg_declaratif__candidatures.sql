select
    finess_ej,
    programme,
    fenetre,
    domaine,
    date_candidature,
    ligne_source
from {{ source('depot', 'declaratif_candidatures') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'declaratif_candidatures_remplacees') }})
