-- Who was taken in charge in which month: one row per venue and month of the establishment's grid that its stay meets.
-- « Taken in charge in m: the patient has a venue whose [date_entree, last day] meets m. »

with premiers_mois as (

    select
        finess_ej,
        min(periode_debut) as premier_mois
    from {{ ref('int_periodes') }}
    where nature = 'mois'
    group by finess_ej

),

-- A stay may be far older than the grid.
venues_de_la_grille as (

    select
        venues.finess_ej,
        venues.iep,
        venues.ipp,
        venues.finess_geo,
        venues.champ,
        venues.uf,
        venues.date_entree,
        venues.dernier_jour,
        greatest({{ premier_du_mois('venues.date_entree') }}, premiers_mois.premier_mois) as premier_mois
    from {{ ref('int_venues') }} as venues
    inner join premiers_mois
        on
            venues.finess_ej = premiers_mois.finess_ej
            and venues.dernier_jour >= premiers_mois.premier_mois

),

venues_mois as (

    select
        finess_ej,
        iep,
        ipp,
        finess_geo,
        champ,
        uf,
        date_entree,
        {{ serie_de_mois('premier_mois', 'dernier_jour') }} as periode_debut
    from venues_de_la_grille

)

select
    finess_ej,
    iep,
    ipp,
    finess_geo,
    champ,
    uf,
    date_entree,
    periode_debut,
    {{ dernier_du_mois('periode_debut') }} as periode_fin
from venues_mois
