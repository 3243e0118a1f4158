select
    finess_ej,
    numero_rss,
    numero_rum,
    zone as type_diagnostic,
    ordre,
    code as code_diagnostic,
    ligne_source
from {{ zones_pmsi(['DAS', 'DAD']) }}
