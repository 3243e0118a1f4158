select
    finess_ej,
    mois,
    nb_appels,
    ligne_source
from {{ flux() }}
