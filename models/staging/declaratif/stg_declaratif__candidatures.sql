select
    finess_ej,
    programme,
    fenetre,
    domaine,
    date_candidature,
    ligne_source
from {{ flux() }}
