select
    finess_ej,
    code,
    date_declaration,
    valeur,
    justification,
    ligne_source
from {{ source('depot', 'declaratif_declarations') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'declaratif_declarations_remplacees') }})
