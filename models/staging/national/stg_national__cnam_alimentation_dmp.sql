select
    finess_ej,
    mois,
    type_code,
    nb_documents,
    nb_dmp_alimentes,
    ligne_source
from {{ source('depot', 'national_cnam_alimentation_dmp') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'national_cnam_alimentation_dmp_remplacees') }})
