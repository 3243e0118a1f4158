-- One row per identity that an ADT message absorbs (A40, A47): the one that stays.

select
    finess_ej,
    ipp_absorbe,
    ipp_conserve,
    ligne_source
from {{ source('depot', 'gam_hl7_absorptions') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'gam_hl7_remplacees') }})
