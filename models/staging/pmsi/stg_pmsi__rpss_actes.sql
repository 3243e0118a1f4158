select
    finess_ej,
    numero_sejour,
    numero_sequence,
    numero_sous_sequence,
    ordre,
    date_acte,
    code as code_acte,
    extension_pmsi,
    phase,
    activite,
    extension_documentaire,
    nb_realisations,
    ligne_source
from {{ zones_pmsi(['CCAM']) }}
