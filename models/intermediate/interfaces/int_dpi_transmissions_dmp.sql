-- Transmissions to the DMP, by the table or by messages.
-- « The latest date wins »: that of the message, or that of the table's extraction.

select
    coalesce(tables.finess_ej, messages.finess_ej) as finess_ej,
    coalesce(tables.transmission_id, messages.transmission_id) as transmission_id,
    {{ le_plus_recent('document_id') }},
    {{ le_plus_recent('lot_id') }},
    {{ le_plus_recent('date_envoi') }},
    {{ le_plus_recent('operation') }},
    {{ le_plus_recent('statut') }},
    {{ le_plus_recent('reprise_historique') }},
    case when {{ message_plus_recent() }} then messages.code_erreur end as code_erreur,
    case when {{ message_plus_recent() }} then 'HL7' else 'TABLE' end as source,
    {{ le_plus_recent('ligne_source') }}
from {{ ref('stg_dpi__transmissions_dmp_tables') }} as tables
full outer join {{ ref('int_dpi_messages_transmissions_dmp') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.transmission_id = messages.transmission_id
where not coalesce(messages.supprime and ({{ message_plus_recent() }}), false)
