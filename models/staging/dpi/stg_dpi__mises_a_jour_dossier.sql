select
    finess_ej,
    iep,
    date_mise_a_jour,
    ligne_source
from {{ flux() }}
