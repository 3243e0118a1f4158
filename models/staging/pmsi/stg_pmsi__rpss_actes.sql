select
    ligne_source,
    ordre,
    date_acte,
    code as code_acte,
    extension_pmsi,
    phase,
    activite,
    extension_documentaire,
    nb_realisations
from {{ zones_pmsi(['CCAM']) }}
