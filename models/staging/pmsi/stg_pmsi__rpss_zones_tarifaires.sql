select
    finess_ej,
    ordre,
    code as ght,
    date_debut,
    date_fin,
    nb_jours,
    ligne_source
from {{ source('depot', 'pmsi_rpss_zones_tarifaires') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
