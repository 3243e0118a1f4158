-- Who was taken in charge in which month: one row per venue and month that its stay meets.
-- « Taken in charge in m: the patient has a venue whose [date_entree, last day] meets m. »

with venues as (

    select
        finess_ej,
        iep,
        ipp,
        champ,
        uf,
        date_entree,
        {{ serie_de_mois(premier_du_mois('date_entree'), 'dernier_jour') }} as periode_debut
    from {{ ref('int_venues') }}

)

select
    finess_ej,
    iep,
    ipp,
    champ,
    uf,
    date_entree,
    periode_debut,
    {{ dernier_du_mois('periode_debut') }} as periode_fin
from venues
