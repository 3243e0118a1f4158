-- One row per MDM, ORU, ZAM or ACK message, with its place among all of them by their dates.

select
    *,
    row_number() over (order by date_message, ligne_source) as ordre
from {{ ref('stg_dpi__hl7_messages') }}
