select
    finess_ej,
    reception_id,
    date_reception,
    format_cda,
    integration,
    statut,
    ligne_source
from {{ source('depot', 'dpi_documents_recus_mss') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'dpi_documents_recus_mss_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
