-- Documents fed late: per establishment, month of creation and family, how many days pass between the creation of a
-- document and its first arrival in the DMP, and how many documents took more than a week (variable retard_jours).
-- What an INS that is qualified late, or a batch that runs once a month, looks like.

with delais as (

    select
        finess_ej,
        famille,
        {{ premier_du_mois('date_creation') }} as mois_creation,
        {{ jours_entre('date_creation', 'date_alimentation') }} as delai_jours
    from {{ ref('int_documents') }}
    where est_alimente

)

select
    finess_ej,
    mois_creation,
    famille,
    count(*) as nb_documents_alimentes,
    median(delai_jours) as delai_median_jours,
    max(delai_jours) as delai_maximal_jours,
    count(*) filter (where delai_jours > {{ var('retard_jours', 7) }}) as nb_en_retard,
    100.0 * count(*) filter (where delai_jours > {{ var('retard_jours', 7) }}) / count(*) as part_en_retard
from delais
group by finess_ej, mois_creation, famille
order by nb_en_retard desc, finess_ej asc, mois_creation asc, famille asc
