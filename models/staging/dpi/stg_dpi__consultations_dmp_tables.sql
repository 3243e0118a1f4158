select
    finess_ej,
    transaction_id,
    transaction,
    utilisateur_id,
    ipp,
    iep,
    type_code,
    date_transaction,
    statut,
    integre_dpi,
    extrait_le,
    ligne_source
from {{ source('depot', 'dpi_consultations_dmp') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'dpi_consultations_dmp_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
