select
    finess_ej,
    cas_usage,
    uf,
    champ,
    date_debut,
    date_fin,
    ligne_source
from {{ flux() }}
