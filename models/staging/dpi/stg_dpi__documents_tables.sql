select
    finess_ej,
    document_id,
    set_id,
    version,
    ipp,
    iep,
    type_code,
    niveau_cda,
    numerise,
    ins_qualifiee,
    entete_structuree,
    consultable_services,
    date_creation,
    producteur,
    categorie_biologie,
    modalite_imagerie,
    non_transmission,
    correspondant_id,
    extrait_le,
    ligne_source
from {{ source('depot', 'dpi_documents') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_documents_remplacees') }})
