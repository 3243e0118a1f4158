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
from {{ source('depot', 'gam_services') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'gam_services_remplacees') }})
