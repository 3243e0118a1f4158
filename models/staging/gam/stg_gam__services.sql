select
    finess_ej,
    service_id,
    libelle,
    type_service,
    pole,
    consultations_externes,
    rdv_en_ligne,
    dpi_deploye,
    acces_cr_et_images,
    dpi_integre_documents,
    ligne_source
from {{ source('depot', 'gam_services') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'gam_services_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
