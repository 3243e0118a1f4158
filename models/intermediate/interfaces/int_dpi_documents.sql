-- Versions of documents, by the table or by messages, one row each.
-- « The latest date wins »: that of the message, or that of the table's extraction.
-- What a message never carries (categorie_biologie, modalite_imagerie, producteur) is the table's, when it has the key too.
-- « A40, A47 and A44 move what the tables carry too »: what was extracted before, or after under the former number.

with tables as (

    select
        lignes.finess_ej,
        lignes.document_id,
        lignes.set_id,
        lignes.version,
        coalesce(venues_deplacees.ipp, absorptions.ipp_final, lignes.ipp) as ipp,
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
    left join {{ ref('int_gam_messages_deplacements') }} as venues_deplacees
        on
            lignes.finess_ej = venues_deplacees.finess_ej
            and lignes.iep = venues_deplacees.numero
            and lignes.extrait_le <= venues_deplacees.date_message
    left join {{ ref('int_gam_absorptions') }} as absorptions
        on
            lignes.finess_ej = absorptions.finess_ej
            and lignes.ipp = absorptions.ipp
            and lignes.extrait_le >= absorptions.date_debut
            and lignes.extrait_le < absorptions.date_fin

)

select
    tables.finess_ej,
    tables.document_id,
    tables.set_id,
    tables.version,
    tables.ipp,
    tables.iep,
    tables.type_code,
    tables.niveau_cda,
    tables.numerise,
    tables.ins_qualifiee,
    tables.entete_structuree,
    tables.consultable_services,
    tables.date_creation,
    tables.producteur,
    tables.categorie_biologie,
    tables.modalite_imagerie,
    tables.non_transmission,
    tables.correspondant_id,
    'TABLE' as source,
    tables.ligne_source
from tables
left join {{ ref('int_dpi_messages_versions') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.document_id = messages.document_id
        and messages.date_source >= tables.extrait_le
where messages.finess_ej is null

union all

select
    messages.finess_ej,
    messages.document_id,
    messages.set_id,
    messages.version,
    messages.ipp,
    messages.iep,
    messages.type_code,
    messages.niveau_cda,
    messages.numerise,
    messages.ins_qualifiee,
    messages.entete_structuree,
    messages.consultable_services,
    messages.date_creation,
    coalesce(messages.producteur, tables.producteur) as producteur,
    coalesce(messages.categorie_biologie, tables.categorie_biologie) as categorie_biologie,
    coalesce(messages.modalite_imagerie, tables.modalite_imagerie) as modalite_imagerie,
    messages.non_transmission,
    messages.correspondant_id,
    'HL7' as source,
    messages.ligne_source
from {{ ref('int_dpi_messages_versions') }} as messages
left join tables
    on
        tables.finess_ej = messages.finess_ej
        and tables.document_id = messages.document_id
where
    not messages.supprime
    and (tables.finess_ej is null or messages.date_source >= tables.extrait_le)
