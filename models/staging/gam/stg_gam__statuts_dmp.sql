select
    finess_ej,
    ipp,
    date_constat,
    statut_dmp,
    opposition_alimentation,
    consentement_consultation,
    iep,
    ligne_source
from {{ flux() }}
