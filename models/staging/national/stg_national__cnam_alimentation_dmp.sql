select
    finess_ej,
    mois,
    type_code,
    nb_documents,
    nb_dmp_alimentes,
    ligne_source
from {{ flux() }}
