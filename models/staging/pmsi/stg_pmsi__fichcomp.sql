select
    finess_ej,
    finess_pmsi,
    type_prestation,
    nda,
    date_debut,
    date_fin,
    code,
    nb_supplements,
    version_format,
    ligne_source
from {{ pmsi() }}
