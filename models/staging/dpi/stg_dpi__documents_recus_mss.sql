select
    finess_ej,
    reception_id,
    date_reception,
    format_cda,
    integration,
    statut,
    ligne_source
from {{ flux() }}
