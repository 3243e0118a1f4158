select
    finess_ej,
    transmission_id,
    document_id,
    lot_id,
    date_envoi,
    operation,
    statut,
    reprise_historique,
    ligne_source
from {{ flux() }}
