select
    finess_ej,
    rdv_id,
    type_rdv,
    ipp,
    iep,
    date_realisation,
    programme,
    outil_planification,
    ligne_source
from {{ flux(patients=true) }}
