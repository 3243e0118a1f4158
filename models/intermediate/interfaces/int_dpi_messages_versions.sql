{{ config(materialized='ephemeral') }}

-- One row per version of a document produced by messages (MDM, ORU), from the last message that carries it.

with rangs as (

    select
        *,
        row_number() over (partition by finess_ej, document_id order by ordre desc) as rang
    from {{ ref('int_dpi_messages_documents') }}
    where
        rejet is null
        and operation <> 'SUPPRESSION'

)

select
    finess_ej,
    document_id,
    set_id,
    version,
    ipp,
    iep,
    type_code,
    niveau_cda,
    false as numerise,
    ins_qualifiee,
    est_cda as entete_structuree,
    true as consultable_services,
    date_creation,
    producteur,
    cast(null as varchar) as categorie_biologie,
    modalite_imagerie,
    false as non_transmission,
    -- The recipient that the document names, else the first one it is sent to.
    coalesce(destinataire_cda, list_filter(destinataires, lambda d: d.canal = 'PRO')[1].correspondant_id) as correspondant_id,
    date_message as date_source,
    ligne_source,
    false as supprime
from rangs
where rang = 1
