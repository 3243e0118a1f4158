select
    finess_ej,
    iep,
    date_mise_a_jour,
    ligne_source
from {{ source('depot', 'dpi_mises_a_jour_dossier') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_mises_a_jour_dossier_remplacees') }})
