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
    extrait_le,
    ligne_source
from {{ source('depot', 'dpi_rendez_vous') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_rendez_vous_remplacees') }})
