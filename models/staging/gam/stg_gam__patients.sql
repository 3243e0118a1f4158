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
    ligne_source
from {{ flux() }}
