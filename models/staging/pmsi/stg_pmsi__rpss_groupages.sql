select
    finess_ej,
    ordre,
    version_classification,
    code_retour,
    ghpc,
    nb_zones_tarifaires,
    ligne_source
from {{ source('depot', 'pmsi_rpss_groupages') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
