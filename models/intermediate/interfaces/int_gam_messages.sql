-- One row per ADT message, with its place among those of its establishment by their dates.

select
    *,
    row_number() over (partition by finess_ej order by date_message, ligne_source) as ordre
from {{ ref('stg_gam__hl7_messages') }}
