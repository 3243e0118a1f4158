select
    finess_ej,
    ordre,
    version_classification,
    code_retour,
    ghpc,
    nb_zones_tarifaires,
    ligne_source
from {{ source('depot', 'pmsi_rpss_groupages') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
