select
    ligne_source,
    ordre,
    code as code_diagnostic
from {{ zones_pmsi(['DA']) }}
