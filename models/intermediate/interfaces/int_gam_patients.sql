-- Patients known to the GAM, by its table or by its messages, one row each.
-- « The latest date wins »: that of the message, or that of the table's extraction.

select
    tables.finess_ej,
    tables.ipp,
    tables.ins_matricule,
    tables.ins_oid,
    tables.statut_identite,
    tables.identite_douteuse,
    tables.identite_fictive,
    tables.date_naissance,
    tables.sexe,
    'TABLE' as source,
    tables.ligne_source
from {{ ref('stg_gam__patients_tables') }} as tables
left join {{ ref('int_gam_messages_patients') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.ipp = messages.ipp
        and messages.date_source >= tables.extrait_le
where messages.finess_ej is null

union all

select
    messages.finess_ej,
    messages.ipp,
    messages.ins_matricule,
    messages.ins_oid,
    messages.statut_identite,
    messages.identite_douteuse,
    messages.identite_fictive,
    messages.date_naissance,
    messages.sexe,
    'HL7' as source,
    messages.ligne_source
from {{ ref('int_gam_messages_patients') }} as messages
left join {{ ref('stg_gam__patients_tables') }} as tables
    on
        tables.finess_ej = messages.finess_ej
        and tables.ipp = messages.ipp
where
    not messages.supprime
    and (tables.finess_ej is null or messages.date_source >= tables.extrait_le)
