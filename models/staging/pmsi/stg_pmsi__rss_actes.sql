select
    ligne_source,
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
    modalite_dialyse
from {{ zones_pmsi(['CCAM']) }}
