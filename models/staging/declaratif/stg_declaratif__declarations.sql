select
    finess_ej,
    code,
    date_declaration,
    valeur,
    justification,
    ligne_source
from {{ source('depot', 'declaratif_declarations') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'declaratif_declarations_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
