select
    finess_ej,
    programme,
    indicateur,
    periode_debut,
    date_depot,
    numerateur,
    denominateur,
    ligne_source
from {{ source('depot', 'declaratif_depots') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'declaratif_depots_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
