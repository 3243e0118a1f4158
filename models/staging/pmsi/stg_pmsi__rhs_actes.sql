select
    finess_ej,
    zone as nomenclature,
    ordre,
    code as code_acte,
    appareillage,
    modulateur_lieu,
    modulateur_patient,
    modulateur_technicite,
    intervenant,
    niveau_technicite,
    nb_realisations,
    date_acte,
    nb_patients,
    nb_intervenants,
    extension_documentaire,
    modulateur_temps,
    modalite_collective,
    modalite_pluriprofessionnelle,
    extension_pmsi,
    phase,
    activite,
    ligne_source
from {{ source('depot', 'pmsi_rhs_actes') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
