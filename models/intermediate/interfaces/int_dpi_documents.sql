-- Versions of documents, by the table or by messages, one row each.
-- « The latest date wins »: that of the message, or that of the table's extraction.
-- What a message never carries (categorie_biologie, modalite_imagerie, producteur) is the table's, when it has the key too.
-- Rows are under the identity that messages say is theirs since they were extracted (macro ipp_actuel).

with tables as (

    select
        lignes.finess_ej,
        lignes.document_id,
        lignes.set_id,
        lignes.version,
        {{ ipp_actuel(['iep']) }} as ipp,
        lignes.iep,
        lignes.type_code,
        lignes.niveau_cda,
        lignes.numerise,
        lignes.ins_qualifiee,
        lignes.entete_structuree,
        lignes.consultable_services,
        lignes.date_creation,
        lignes.producteur,
        lignes.categorie_biologie,
        lignes.modalite_imagerie,
        lignes.non_transmission,
        lignes.correspondant_id,
        lignes.extrait_le,
        lignes.ligne_source
    from {{ ref('stg_dpi__documents_tables') }} as lignes
    {{ joindre_l_identite(ref('int_gam_messages_deplacements'), ref('int_gam_absorptions'), ['iep']) }}

)

select
    coalesce(tables.finess_ej, messages.finess_ej) as finess_ej,
    coalesce(tables.document_id, messages.document_id) as document_id,
    {{ le_plus_recent('set_id') }},
    {{ le_plus_recent('version') }},
    {{ le_plus_recent('ipp') }},
    {{ le_plus_recent('iep') }},
    {{ le_plus_recent('type_code') }},
    {{ le_plus_recent('niveau_cda') }},
    {{ le_plus_recent('numerise') }},
    {{ le_plus_recent('ins_qualifiee') }},
    {{ le_plus_recent('entete_structuree') }},
    {{ le_plus_recent('consultable_services') }},
    {{ le_plus_recent('date_creation') }},
    {{ le_plus_recent('producteur', complete=true) }},
    {{ le_plus_recent('categorie_biologie', complete=true) }},
    {{ le_plus_recent('modalite_imagerie', complete=true) }},
    {{ le_plus_recent('non_transmission') }},
    {{ le_plus_recent('correspondant_id') }},
    case when {{ message_plus_recent() }} then 'HL7' else 'TABLE' end as source,
    {{ le_plus_recent('ligne_source') }}
from tables
full outer join {{ ref('int_dpi_messages_versions') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.document_id = messages.document_id
where not coalesce(messages.supprime and ({{ message_plus_recent() }}), false)
