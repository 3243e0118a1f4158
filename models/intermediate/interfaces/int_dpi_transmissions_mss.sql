-- Messages of MSSanté, by the table or by messages of the interface.
-- « The latest date wins »: that of the message, or that of the table's extraction.
-- « A40, A47 and A44 move what the tables carry too »: what was extracted before, or after under the former number.

with tables as (

    select
        lignes.finess_ej,
        lignes.message_id,
        lignes.document_id,
        coalesce(venues_deplacees.ipp, absorptions.ipp_final, lignes.ipp) as ipp,
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
    tables.message_id,
    tables.document_id,
    tables.ipp,
    tables.iep,
    tables.canal,
    tables.adresse_destinataire,
    tables.correspondant_id,
    tables.enveloppe_xdm,
    tables.date_envoi,
    tables.statut,
    cast(null as varchar) as code_erreur,
    'TABLE' as source,
    tables.ligne_source
from tables
left join {{ ref('int_dpi_messages_transmissions_mss') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.message_id = messages.message_id
        and messages.date_source >= tables.extrait_le
where messages.finess_ej is null

union all

select
    messages.finess_ej,
    messages.message_id,
    messages.document_id,
    messages.ipp,
    messages.iep,
    messages.canal,
    messages.adresse_destinataire,
    messages.correspondant_id,
    messages.enveloppe_xdm,
    messages.date_envoi,
    messages.statut,
    messages.code_erreur,
    'HL7' as source,
    messages.ligne_source
from {{ ref('int_dpi_messages_transmissions_mss') }} as messages
left join tables
    on
        tables.finess_ej = messages.finess_ej
        and tables.message_id = messages.message_id
where
    not messages.supprime
    and (tables.finess_ej is null or messages.date_source >= tables.extrait_le)
