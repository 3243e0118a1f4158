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
    ligne_source
from {{ flux() }}
