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
from {{ source('depot', 'dpi_transmissions_mss') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'dpi_transmissions_mss_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
