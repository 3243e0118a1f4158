-- Patients known to the GAM, by its table or by its messages, one row each.
-- « The latest date wins »: that of the message, or that of the table's extraction.

select
    coalesce(tables.finess_ej, messages.finess_ej) as finess_ej,
    coalesce(tables.ipp, messages.ipp) as ipp,
    {{ le_plus_recent('ins_matricule') }},
    {{ le_plus_recent('ins_oid') }},
    {{ le_plus_recent('statut_identite') }},
    {{ le_plus_recent('identite_douteuse') }},
    {{ le_plus_recent('identite_fictive') }},
    {{ le_plus_recent('date_naissance') }},
    {{ le_plus_recent('sexe') }},
    case when {{ message_plus_recent() }} then 'HL7' else 'TABLE' end as source,
    {{ le_plus_recent('ligne_source') }}
from {{ ref('stg_gam__patients_tables') }} as tables
full outer join {{ ref('int_gam_messages_patients') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.ipp = messages.ipp
where not coalesce(messages.supprime and ({{ message_plus_recent() }}), false)
