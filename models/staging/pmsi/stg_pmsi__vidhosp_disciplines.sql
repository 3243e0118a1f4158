select
    finess_ej,
    nda,
    ordre,
    code as discipline,
    mode_traitement,
    date_debut,
    date_fin,
    quantite,
    montant_remboursable,
    ligne_source
from {{ zones_pmsi(['DMT']) }}
