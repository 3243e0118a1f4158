select
    finess_ej,
    message_id,
    document_id,
    ipp,
    iep,
    canal,
    adresse_destinataire,
    correspondant_id,
    enveloppe_xdm,
    date_envoi,
    statut,
    code_erreur,
    source,
    ligne_source
from {{ flux('stg_dpi__messages_transmissions_mss', patients=true) }}
