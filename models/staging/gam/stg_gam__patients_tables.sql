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
from {{ source('depot', 'gam_patients') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'gam_patients_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
