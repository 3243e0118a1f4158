select
    finess_ej,
    transmission_id,
    document_id,
    lot_id,
    date_envoi,
    operation,
    statut,
    reprise_historique,
    extrait_le,
    ligne_source
from {{ source('depot', 'dpi_transmissions_dmp') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_transmissions_dmp_remplacees') }})
