select
    finess_ej,
    utilisateur_id,
    profil,
    actif,
    ligne_source
from {{ flux() }}
