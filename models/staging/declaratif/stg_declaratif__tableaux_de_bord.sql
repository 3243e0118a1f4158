select
    finess_ej,
    pole,
    periode_fin,
    date_production,
    ligne_source
from {{ source('depot', 'declaratif_tableaux_de_bord') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'declaratif_tableaux_de_bord_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
