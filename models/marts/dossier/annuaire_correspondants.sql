-- HOP'EN D6.2: « L'annuaire … permet de déterminer le nombre de correspondants disposant d'une adresse de MS Santé »
-- (guide HOP'EN, fiche D6.2), and it is kept up to date. One row per establishment that sends it; no name, no address.

select
    finess_ej,
    count(*) as nb_correspondants,
    count(*) filter (where interne is distinct from true) as nb_externes,
    count(adresse_mss) filter (where interne is distinct from true) as nb_externes_avec_adresse,
    max(date_maj) as derniere_mise_a_jour
from {{ ref('stg_gam__correspondants') }}
group by finess_ej
order by finess_ej
