-- Professionals of a venue, by the table or by messages.
-- « The latest date wins »: that of the message, or that of the table's extraction.

select
    tables.finess_ej,
    tables.iep,
    tables.correspondant_id,
    tables.role,
    'TABLE' as source,
    tables.ligne_source
from {{ ref('stg_gam__venues_correspondants_tables') }} as tables
left join {{ ref('int_gam_messages_venues_correspondants') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.iep = messages.iep
        and tables.correspondant_id = messages.correspondant_id
        and tables.role = messages.role
        and messages.date_source >= tables.extrait_le
where messages.finess_ej is null

union all

select
    messages.finess_ej,
    messages.iep,
    messages.correspondant_id,
    messages.role,
    'HL7' as source,
    messages.ligne_source
from {{ ref('int_gam_messages_venues_correspondants') }} as messages
left join {{ ref('stg_gam__venues_correspondants_tables') }} as tables
    on
        tables.finess_ej = messages.finess_ej
        and tables.iep = messages.iep
        and tables.correspondant_id = messages.correspondant_id
        and tables.role = messages.role
where
    not messages.supprime
    and (tables.finess_ej is null or messages.date_source >= tables.extrait_le)
