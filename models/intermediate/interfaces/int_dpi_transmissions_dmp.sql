-- Transmissions to the DMP, by the table or by messages.
-- « The latest date wins »: that of the message, or that of the table's extraction.

select
    tables.finess_ej,
    tables.transmission_id,
    tables.document_id,
    tables.lot_id,
    tables.date_envoi,
    tables.operation,
    tables.statut,
    tables.reprise_historique,
    cast(null as varchar) as code_erreur,
    'TABLE' as source,
    tables.ligne_source
from {{ ref('stg_dpi__transmissions_dmp_tables') }} as tables
left join {{ ref('int_dpi_messages_transmissions_dmp') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.transmission_id = messages.transmission_id
        and messages.date_source >= tables.extrait_le
where messages.finess_ej is null

union all

select
    messages.finess_ej,
    messages.transmission_id,
    messages.document_id,
    messages.lot_id,
    messages.date_envoi,
    messages.operation,
    messages.statut,
    messages.reprise_historique,
    messages.code_erreur,
    'HL7' as source,
    messages.ligne_source
from {{ ref('int_dpi_messages_transmissions_dmp') }} as messages
left join {{ ref('stg_dpi__transmissions_dmp_tables') }} as tables
    on
        tables.finess_ej = messages.finess_ej
        and tables.transmission_id = messages.transmission_id
where
    not messages.supprime
    and (tables.finess_ej is null or messages.date_source >= tables.extrait_le)
