select
    finess_ej,
    transmission_id,
    document_id,
    lot_id,
    date_envoi,
    operation,
    statut,
    reprise_historique,
    extrait_le,
    ligne_source
from {{ source('depot', 'dpi_transmissions_dmp') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'dpi_transmissions_dmp_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
