select
    finess_ej,
    correspondant_id,
    adresse_mss,
    date_maj,
    ligne_source
from {{ flux() }}
