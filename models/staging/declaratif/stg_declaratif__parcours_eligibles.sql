select
    finess_ej,
    cas_usage,
    uf,
    champ,
    date_debut,
    date_fin,
    ligne_source
from {{ source('depot', 'declaratif_parcours_eligibles') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'declaratif_parcours_eligibles_remplacees') }})
