select
    finess_ej,
    ordre,
    code as discipline,
    mode_traitement,
    date_debut,
    date_fin,
    quantite,
    montant_remboursable,
    ligne_source
from {{ source('depot', 'pmsi_vidhosp_disciplines') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
