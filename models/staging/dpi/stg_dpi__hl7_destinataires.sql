-- One row per recipient of a message by MSSanté (PRT-4 = RCT).

select
    finess_ej,
    ordre,
    canal,
    adresse,
    correspondant_id,
    ligne_source
from {{ source('depot', 'dpi_hl7_destinataires') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'dpi_hl7_remplacees') }})
