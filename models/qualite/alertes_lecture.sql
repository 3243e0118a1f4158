-- What was read with a reservation, not rejected: one row per file, line (or message) and reason.

with alertes as (
    {{ alertes_des_tables() }}
    union all
    {{ alertes_du_pmsi() }}
    union all
    {{ alertes_des_messages() }}
)

select
    fichiers.finess_ej,
    fichiers.flux,
    fichiers.fichier,
    alertes.ligne,
    alertes.colonne,
    alertes.motif,
    alertes.nb,
    alertes.message_id
from alertes
inner join {{ ref('stg_reference__fichiers') }} as fichiers
    on
        alertes.flux = fichiers.flux
        and alertes.rang = fichiers.rang
