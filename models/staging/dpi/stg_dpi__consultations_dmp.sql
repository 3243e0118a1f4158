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
    ligne_source
from {{ flux(patients=true) }}
