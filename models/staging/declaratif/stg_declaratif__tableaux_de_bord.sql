select
    finess_ej,
    pole,
    periode_fin,
    date_production,
    ligne_source
from {{ source('depot', 'declaratif_tableaux_de_bord') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'declaratif_tableaux_de_bord_remplacees') }})
