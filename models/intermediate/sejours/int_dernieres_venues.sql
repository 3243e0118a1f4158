{{ config(materialized='view') }}

-- La venue par laquelle un séjour se termine : une ligne par séjour. Son service et son site sont ceux du séjour.
-- De deux venues qui finissent le même jour, celle où le patient est entré le plus tard.

select
    finess_ej,
    sejour_id,
    iep
from (
    select
        finess_ej,
        sejour_id,
        iep,
        row_number() over (
            partition by finess_ej, sejour_id
            order by dernier_jour desc, date_entree desc, iep desc
        ) as rang
    from {{ ref('int_sejours_venues') }}
) as venues
where rang = 1
