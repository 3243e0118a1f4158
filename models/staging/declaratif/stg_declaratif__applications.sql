select
    finess_ej,
    domaine,
    editeur,
    solution,
    date_debut,
    date_fin,
    convergence,
    ligne_source
from {{ flux() }}
