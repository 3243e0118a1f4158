-- Messages of MSSanté, by the table or by messages of the interface.
-- « The latest date wins »: that of the message, or that of the table's extraction.
-- Rows are under the identity that messages say is theirs since they were extracted (macro ipp_actuel).

with tables as (

    select
        lignes.finess_ej,
        lignes.message_id,
        lignes.document_id,
        {{ ipp_actuel(['iep']) }} as ipp,
        lignes.iep,
        lignes.canal,
        lignes.adresse_destinataire,
        lignes.correspondant_id,
        lignes.enveloppe_xdm,
        lignes.date_envoi,
        lignes.statut,
        lignes.extrait_le,
        lignes.ligne_source
    from {{ ref('stg_dpi__transmissions_mss_tables') }} as lignes
    {{ joindre_l_identite(ref('int_gam_messages_deplacements'), ref('int_gam_absorptions'), ['iep']) }}

)

select
    coalesce(tables.finess_ej, messages.finess_ej) as finess_ej,
    coalesce(tables.message_id, messages.message_id) as message_id,
    {{ le_plus_recent('document_id') }},
    {{ le_plus_recent('ipp') }},
    {{ le_plus_recent('iep') }},
    {{ le_plus_recent('canal') }},
    {{ le_plus_recent('adresse_destinataire') }},
    {{ le_plus_recent('correspondant_id') }},
    {{ le_plus_recent('enveloppe_xdm') }},
    {{ le_plus_recent('date_envoi') }},
    {{ le_plus_recent('statut') }},
    case when {{ message_plus_recent() }} then messages.code_erreur end as code_erreur,
    case when {{ message_plus_recent() }} then 'HL7' else 'TABLE' end as source,
    {{ le_plus_recent('ligne_source') }}
from tables
full outer join {{ ref('int_dpi_messages_transmissions_mss') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.message_id = messages.message_id
where not coalesce(messages.supprime and ({{ message_plus_recent() }}), false)
