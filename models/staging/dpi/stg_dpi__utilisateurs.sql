select
    finess_ej,
    utilisateur_id,
    profil,
    actif,
    ligne_source
from {{ source('depot', 'dpi_utilisateurs') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_utilisateurs_remplacees') }})
