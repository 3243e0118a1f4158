-- One row per dossier or venue number that an ADT message gives to another patient (A44, A45).

select
    finess_ej,
    numero,
    ligne_source
from {{ source('depot', 'gam_hl7_deplacements') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'gam_hl7_remplacees') }})
