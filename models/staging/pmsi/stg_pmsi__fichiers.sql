select
    finess_ej,
    flux,
    rang,
    type_fichier,
    version as version_format,
    nb_lignes
from {{ recensement_pmsi() }}
