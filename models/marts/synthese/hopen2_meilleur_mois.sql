-- The month to report: one row per establishment and HOP'EN2 indicator that has a complete applicable month.
-- Guide HOP'EN2 phase 1: the establishment chooses its month of measure, any calendar month.

with mois as (

    select
        programme,
        indicateur,
        finess_ej,
        periode_debut,
        periode_fin,
        numerateur,
        denominateur,
        taux,
        cible,
        cible_atteinte,
        restant_pour_cible
    from {{ ref('indicateurs') }}
    where
        programme = 'HOPEN2'
        and periode_complete
        and applicable

),

classes as (

    select
        *,
        row_number() over (partition by indicateur, finess_ej order by {{ meilleur_d_abord() }}) as rang,
        count(*) over (partition by indicateur, finess_ej) as nb_mois_possibles,
        count(*) filter (where cible_atteinte) over (partition by indicateur, finess_ej) as nb_mois_atteints
    from mois

)

select
    programme,
    indicateur,
    finess_ej,
    periode_debut as meilleur_mois,
    periode_fin,
    numerateur,
    denominateur,
    taux,
    cible,
    cible_atteinte,
    restant_pour_cible,
    nb_mois_possibles,
    nb_mois_atteints
from classes
where rang = 1
order by finess_ej, indicateur
