select
    finess_ej,
    champ,
    numero_sejour,
    nda,
    annee,
    finess_pmsi,
    version_format,
    ligne_source
from {{ pmsi() }}
