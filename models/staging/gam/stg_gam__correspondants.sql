select
    finess_ej,
    correspondant_id,
    adresse_mss,
    date_maj,
    interne,
    ligne_source
from {{ flux() }}
