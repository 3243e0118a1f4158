select
    finess_ej,
    numero_sejour,
    numero_sequence,
    numero_sous_sequence,
    ordre,
    version_classification,
    code_retour,
    ghpc,
    nb_zones_tarifaires,
    ligne_source
from {{ zones_pmsi(['GROUPAGE']) }}
