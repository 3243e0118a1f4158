select
    finess_ej,
    reception_id,
    date_reception,
    format_cda,
    integration,
    statut,
    ligne_source
from {{ source('depot', 'dpi_documents_recus_mss') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_documents_recus_mss_remplacees') }})
