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
    extrait_le,
    ligne_source
from {{ source('depot', 'gam_patients') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'gam_patients_remplacees') }})
