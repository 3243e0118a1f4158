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
    ligne_source
from {{ flux() }}
