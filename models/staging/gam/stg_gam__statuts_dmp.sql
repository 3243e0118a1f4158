select
    finess_ej,
    ipp,
    date_constat,
    statut_dmp,
    opposition_alimentation,
    consentement_consultation,
    iep,
    information_delivree,
    source,
    ligne_source
from {{ flux('stg_gam__messages_statuts_dmp', patients=true) }}
