select
    finess_ej,
    iep,
    ipp,
    finess_geo,
    champ,
    mode_hospitalisation,
    type_seance,
    numero_sejour,
    uf,
    date_entree,
    date_sortie,
    nb_seances,
    mode_sortie,
    facturation_ace,
    consultation_medicale,
    extrait_le,
    ligne_source
from {{ source('depot', 'gam_venues') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'gam_venues_remplacees') }})
