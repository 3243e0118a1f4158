select
    finess_ej,
    cas_usage,
    uf,
    champ,
    date_debut,
    date_fin,
    ligne_source
from {{ source('depot', 'declaratif_parcours_eligibles') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'declaratif_parcours_eligibles_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
