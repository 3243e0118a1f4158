-- The month to report: one row per establishment and IFAQ indicator.
-- Guide oSIS IFAQ 2023, fiches D2.2I and D6.3I: the establishment chooses its month of measure among those of the
-- campaign. The best is the one with the highest rate; of equals, the one that counts more units, then the earliest.

with mois as (

    select
        indicateur,
        finess_ej,
        periode_debut,
        periode_fin,
        periode_complete,
        numerateur,
        denominateur,
        taux,
        cible,
        cible_atteinte,
        restant_pour_cible,
        applicable,
        mois_recueil
    from {{ ref('ifaq_d2_2i_alimentation_dmp') }}

    union all

    select
        indicateur,
        finess_ej,
        periode_debut,
        periode_fin,
        periode_complete,
        numerateur,
        denominateur,
        taux,
        cible,
        cible_atteinte,
        restant_pour_cible,
        applicable,
        mois_recueil
    from {{ ref('ifaq_d6_3i_mss') }}

),

classes as (

    select
        indicateur,
        finess_ej,
        periode_debut,
        periode_fin,
        periode_complete,
        numerateur,
        denominateur,
        taux,
        cible,
        cible_atteinte,
        restant_pour_cible,
        row_number() over (
            partition by indicateur, finess_ej
            order by taux desc, denominateur desc, periode_debut
        ) as rang,
        count(*) over (partition by indicateur, finess_ej) as nb_mois_possibles,
        count(*) filter (where cible_atteinte) over (partition by indicateur, finess_ej) as nb_mois_atteints
    from mois
    where
        mois_recueil
        and applicable

)

select
    'IFAQ' as programme,
    indicateur,
    finess_ej,
    periode_debut as meilleur_mois,
    periode_fin,
    periode_complete,
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
