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
from {{ source('depot', 'dpi_documents') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'dpi_documents_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
