-- Professionals of a venue, by the table or by messages.
-- « The latest date wins »: that of the message, or that of the table's extraction.

select
    coalesce(tables.finess_ej, messages.finess_ej) as finess_ej,
    coalesce(tables.iep, messages.iep) as iep,
    coalesce(tables.correspondant_id, messages.correspondant_id) as correspondant_id,
    coalesce(tables.role, messages.role) as role,
    case when {{ message_plus_recent() }} then 'HL7' else 'TABLE' end as source,
    {{ le_plus_recent('ligne_source') }}
from {{ ref('stg_gam__venues_correspondants_tables') }} as tables
full outer join {{ ref('int_gam_messages_venues_correspondants') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.iep = messages.iep
        and tables.correspondant_id = messages.correspondant_id
        and tables.role = messages.role
where not coalesce(messages.supprime and ({{ message_plus_recent() }}), false)
