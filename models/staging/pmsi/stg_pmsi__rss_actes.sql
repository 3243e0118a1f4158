select
    finess_ej,
    ordre,
    date_acte,
    code as code_acte,
    extension_pmsi,
    phase,
    activite,
    extension_documentaire,
    modificateurs,
    remboursement_exceptionnel,
    association_non_prevue,
    nb_realisations,
    horaire_dialyse,
    modalite_dialyse,
    ligne_source
from {{ source('depot', 'pmsi_rss_actes') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
