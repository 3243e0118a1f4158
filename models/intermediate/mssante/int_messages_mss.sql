-- One row per message that was sent, « statut = REUSSI », with what is known of the version it carries.
-- The address of a CITOYENNE message is never read: it contains the INS of the patient.

select
    messages.finess_ej,
    messages.message_id,
    messages.canal,
    messages.ipp,
    messages.iep,
    lower(messages.adresse_destinataire) as adresse_destinataire,
    messages.correspondant_id,
    messages.enveloppe_xdm,
    messages.document_id is not null as porte_un_document,
    versions.document_id is not null as document_connu,
    versions.set_id,
    versions.type_code,
    versions.type_code_document,
    versions.niveau_cda,
    versions.ins_qualifiee,
    versions.iep_document,
    cast(messages.date_envoi as date) as date_envoi,
    {{ premier_du_mois('cast(messages.date_envoi as date)') }} as periode_debut
from {{ ref('int_dpi_transmissions_mss') }} as messages
left join {{ ref('int_versions') }} as versions
    on
        messages.finess_ej = versions.finess_ej
        and messages.document_id = versions.document_id
where
    messages.statut = 'REUSSI'
    and cast(messages.date_envoi as date) <= {{ date_extraction() }}
