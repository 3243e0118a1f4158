select
    finess_ej,
    canal,
    type_code,
    automatique,
    date_validation,
    ligne_source
from {{ source('depot', 'declaratif_types_documents_cme') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'declaratif_types_documents_cme_remplacees') }})
