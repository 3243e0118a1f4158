select
    ligne_source,
    ordre,
    code as discipline,
    mode_traitement,
    date_debut,
    date_fin,
    quantite,
    montant_remboursable
from {{ zones_pmsi(['DMT']) }}
