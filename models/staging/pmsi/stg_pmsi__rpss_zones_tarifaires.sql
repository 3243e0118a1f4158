select
    finess_ej,
    ordre,
    code as ght,
    date_debut,
    date_fin,
    nb_jours,
    ligne_source
from {{ source('depot', 'pmsi_rpss_zones_tarifaires') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
