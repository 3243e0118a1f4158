select
    finess_ej,
    numero_sejour,
    numero_sequence,
    numero_sous_sequence,
    zone as type_diagnostic,
    ordre,
    code as code_diagnostic,
    ligne_source
from {{ zones_pmsi(['DCMPP', 'DCMPA', 'DA']) }}
