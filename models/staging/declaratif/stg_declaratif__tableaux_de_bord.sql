select
    finess_ej,
    pole,
    periode_fin,
    date_production,
    ligne_source
from {{ flux() }}
