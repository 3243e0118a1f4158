select
    finess_ej,
    finess_pmsi,
    type_prestation,
    nda,
    date_debut,
    date_fin,
    code,
    nb_supplements,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_fichcomp') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
