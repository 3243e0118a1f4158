select
    finess_ej,
    ipp,
    date_constat,
    statut_dmp,
    opposition_alimentation,
    consentement_consultation,
    iep,
    information_delivree,
    extrait_le,
    ligne_source
from {{ source('depot', 'gam_statuts_dmp') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'gam_statuts_dmp_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
