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
from {{ flux() }}
