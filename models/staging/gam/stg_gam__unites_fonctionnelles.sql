select
    finess_ej,
    uf,
    service_id,
    libelle,
    champ,
    mode_hospitalisation,
    type_seance,
    ligne_source
from {{ flux() }}
