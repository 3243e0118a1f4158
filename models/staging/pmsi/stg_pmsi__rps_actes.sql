select
    finess_ej,
    forme_activite,
    numero_sejour,
    date_debut_sequence,
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
