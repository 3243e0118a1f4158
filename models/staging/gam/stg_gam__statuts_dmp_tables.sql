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
from {{ source('depot', 'gam_statuts_dmp') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'gam_statuts_dmp_remplacees') }})
