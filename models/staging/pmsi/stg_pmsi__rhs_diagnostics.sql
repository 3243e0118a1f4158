select
    finess_ej,
    numero_sejour,
    semaine,
    unite_medicale,
    ordre,
    code as code_diagnostic,
    ligne_source
from {{ zones_pmsi(['DA']) }}
