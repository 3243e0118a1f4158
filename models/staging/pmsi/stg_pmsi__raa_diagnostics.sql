select
    finess_ej,
    ordre,
    code as code_diagnostic,
    ligne_source
from {{ zones_pmsi(['DA']) }}
