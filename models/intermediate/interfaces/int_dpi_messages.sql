-- One row per MDM, ORU, ZAM or ACK message, with its place among those of its establishment by their dates.

select
    *,
    row_number() over (partition by finess_ej order by date_message, ligne_source) as ordre
from {{ ref('stg_dpi__hl7_messages') }}
