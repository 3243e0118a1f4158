select
    finess_ej,
    rdv_id,
    type_rdv,
    ipp,
    iep,
    date_realisation,
    programme,
    outil_planification,
    outil_partage,
    plateau_interne,
    modalite,
    ligne_source
from {{ flux(patients=true) }}
