select
    finess_ej,
    unite_medicale,
    finess_geo,
    type_autorisation,
    date_effet,
    nb_lits,
    mode_hospitalisation,
    version_format,
    ligne_source
from {{ pmsi() }}
