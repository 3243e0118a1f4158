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
from {{ source('depot', 'dpi_consultations_dmp') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_consultations_dmp_remplacees') }})
