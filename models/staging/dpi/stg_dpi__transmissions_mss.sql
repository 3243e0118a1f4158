select
    finess_ej,
    message_id,
    document_id,
    ipp,
    iep,
    canal,
    -- The address of a patient holds the INS: « never read ».
    case when canal = 'PRO' then adresse_destinataire end as adresse_destinataire,
    correspondant_id,
    enveloppe_xdm,
    date_envoi,
    statut,
    code_erreur,
    source,
    ligne_source
from {{ flux('stg_dpi__messages_transmissions_mss') }}
