select
    finess_ej,
    programme,
    indicateur,
    periode_debut,
    date_depot,
    numerateur,
    denominateur,
    ligne_source
from {{ flux() }}
