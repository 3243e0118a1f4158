select
    finess_ej,
    code,
    date_declaration,
    valeur,
    justification,
    ligne_source
from {{ flux() }}
