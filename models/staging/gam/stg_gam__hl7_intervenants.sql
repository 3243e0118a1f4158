-- One row per professional that an ADT message names (ROL).

select
    finess_ej,
    code_role,
    correspondant_id,
    ligne_source
from {{ source('depot', 'gam_hl7_intervenants') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'gam_hl7_remplacees') }})
