select
    finess_ej,
    champ,
    numero_sejour,
    nda,
    version_format,
    ligne_source
from {{ pmsi() }}
