select
    finess_ej,
    finess_pmsi,
    finess_geo,
    ipp,
    date_naissance,
    sexe,
    forme_activite,
    numero_sejour,
    date_entree,
    mode_entree,
    provenance,
    date_sortie,
    mode_sortie,
    destination,
    unite_medicale,
    secteur,
    mode_legal_soins,
    date_debut_sequence,
    date_fin_sequence,
    nb_jours_presence,
    nb_demi_journees_presence,
    nb_jours_isolement,
    diagnostic_principal,
    nb_diagnostics_associes,
    nb_actes,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_rps') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
