select
    finess_ej,
    forme_activite,
    numero_sejour,
    date_debut_sequence,
    ordre,
    code as code_diagnostic,
    ligne_source
from {{ zones_pmsi(['DA']) }}
