-- One row per document that a message carries (OBX of type ED): what is done to it, and what the header of its CDA says.

select
    finess_ej,
    numero,
    groupe,
    code,
    operation,
    etat,
    document_id,
    set_id,
    version,
    niveau,
    date_creation,
    parent_id,
    modalite,
    destinataire,
    nomme_l_ins,
    ligne_source
from {{ source('depot', 'dpi_hl7_documents') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_hl7_remplacees') }})
