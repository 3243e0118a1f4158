select
    finess_ej,
    canal,
    type_code,
    automatique,
    date_validation,
    ligne_source
from {{ source('depot', 'declaratif_types_documents_cme') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'declaratif_types_documents_cme_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
