select
    finess_ej,
    canal,
    type_code,
    automatique,
    date_validation,
    ligne_source
from {{ flux() }}
