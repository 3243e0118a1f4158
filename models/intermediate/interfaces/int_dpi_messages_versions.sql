{{ config(materialized='view') }}

-- One row per version of a document produced by messages (MDM, ORU), from the last message that carries it.

with destinataires as (

    select
        ligne_source,
        correspondant_id,
        row_number() over (partition by ligne_source order by ordre) as rang
    from {{ ref('stg_dpi__hl7_destinataires') }}
    where canal = 'PRO'

),

rangs as (

    select
        documents.*,
        -- The recipient that the document names, else the first one it is sent to.
        coalesce(documents.destinataire_cda, destinataires.correspondant_id) as correspondant_id,
        row_number() over (partition by documents.finess_ej, documents.document_id order by documents.ordre desc) as rang
    from {{ ref('int_dpi_messages_documents') }} as documents
    left join destinataires
        on
            documents.ligne_source = destinataires.ligne_source
            and destinataires.rang = 1
    where
        documents.rejet is null
        and documents.operation <> 'SUPPRESSION'

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
    cast(null as string) as categorie_biologie,
    modalite_imagerie,
    false as non_transmission,
    correspondant_id,
    date_message as date_source,
    ligne_source,
    false as supprime
from rangs
where rang = 1
