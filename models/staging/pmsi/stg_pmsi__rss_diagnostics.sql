select
    ligne_source,
    zone as type_diagnostic,
    ordre,
    code as code_diagnostic
from {{ zones_pmsi(['DAS', 'DAD']) }}
