-- Guide oSIS IFAQ 2023: the month to report, one row per establishment and indicator.

select
    programme,
    indicateur,
    finess_ej,
    meilleur_mois,
    periode_fin,
    numerateur,
    denominateur,
    taux,
    cible,
    cible_atteinte,
    restant_pour_cible,
    nb_mois_possibles,
    nb_mois_atteints
from {{ ref('meilleurs_mois') }}
where programme = 'IFAQ'
order by finess_ej, indicateur
