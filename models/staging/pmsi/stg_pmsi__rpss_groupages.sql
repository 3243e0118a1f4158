select
    ligne_source,
    ordre,
    version_classification,
    code_retour,
    ghpc,
    nb_zones_tarifaires
from {{ zones_pmsi(['GROUPAGE']) }}
