-- The month to report: one row per establishment and indicator that has a complete applicable month to choose, for each
-- programme that lets the establishment choose its month of measure (seed programmes, jugement).
-- Guide HOP'EN2 phase 1: any calendar month. Guide oSIS IFAQ 2023, fiches D2.2I and D6.3I: one of those of the campaign.

with mois as (

    select
        mesures.programme,
        mesures.indicateur,
        mesures.finess_ej,
        mesures.periode_debut,
        mesures.periode_fin,
        mesures.numerateur,
        mesures.denominateur,
        mesures.taux,
        mesures.cible,
        mesures.cible_atteinte,
        mesures.restant_pour_cible
    from {{ ref('indicateurs') }} as mesures
    inner join {{ ref('programmes') }} as programmes
        on
            mesures.programme = programmes.programme
            and (
                programmes.jugement = 'MEILLEUR_MOIS'
                or programmes.jugement = 'MEILLEUR_MOIS_DE_LA_CAMPAGNE' and mesures.mois_recueil
            )
    where
        mesures.periode_complete
        and mesures.applicable

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
