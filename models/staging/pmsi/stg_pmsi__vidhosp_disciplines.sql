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
from {{ source('depot', 'pmsi_vidhosp_disciplines') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
