select
    finess_ej,
    ipp,
    ins_matricule,
    ins_oid,
    statut_identite,
    identite_douteuse,
    identite_fictive,
    date_naissance,
    sexe,
    source,
    ligne_source
from {{ flux('stg_gam__messages_patients') }}
