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
    extrait_le,
    ligne_source
from {{ source('depot', 'dpi_transmissions_mss') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_transmissions_mss_remplacees') }})
