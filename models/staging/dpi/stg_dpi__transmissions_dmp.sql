select
    finess_ej,
    transmission_id,
    document_id,
    lot_id,
    date_envoi,
    operation,
    statut,
    reprise_historique,
    code_erreur,
    source,
    ligne_source
from {{ flux('stg_dpi__messages_transmissions_dmp') }}
