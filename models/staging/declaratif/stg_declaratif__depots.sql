select
    finess_ej,
    programme,
    indicateur,
    periode_debut,
    date_depot,
    numerateur,
    denominateur,
    ligne_source
from {{ source('depot', 'declaratif_depots') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'declaratif_depots_remplacees') }})
