-- The periods of every indicator, once for all the establishments: one row per nature and first day. A period is filed
-- under the month, quarter and year in which it ends.

with periodes as (

    select distinct
        nature as nature_periode,
        periode_debut,
        periode_fin
    from {{ ref('int_periodes') }}

)

select
    nature_periode,
    periode_debut,
    periode_fin,
    {{ libelle_periode('periode_debut', 'periode_fin') }} as periode_libelle,
    {{ premier_du_mois('periode_fin') }} as premier_du_mois,
    cast(year(periode_fin) as int) as annee,
    cast(case when month(periode_fin) <= 6 then 1 else 2 end as int) as semestre,
    cast(quarter(periode_fin) as int) as trimestre,
    cast(month(periode_fin) as int) as numero_mois,
    {{ nom_du_mois('periode_fin') }} as nom_mois
from periodes
order by nature_periode, periode_debut
