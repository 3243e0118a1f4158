select
    finess_ej,
    uf,
    service_id,
    libelle,
    champ,
    mode_hospitalisation,
    type_seance,
    ligne_source
from {{ source('depot', 'gam_unites_fonctionnelles') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'gam_unites_fonctionnelles_remplacees') }})
