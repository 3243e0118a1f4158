select
    finess_ej,
    finess_pmsi,
    finess_geo,
    ipp,
    date_naissance,
    sexe,
    forme_activite,
    unite_medicale,
    secteur,
    mode_legal_soins,
    date_acte,
    nature_acte,
    lieu_acte,
    modalite_realisation,
    categorie_intervenant,
    nb_intervenants,
    activite_liberale,
    diagnostic_principal,
    nb_diagnostics_associes,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_raa') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
