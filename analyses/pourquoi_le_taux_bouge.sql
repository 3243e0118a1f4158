-- Why a rate moved between the two latest complete months: because the activities do better or worse (performance), or
-- because their weights changed (structure)? One row per establishment and activity, for the lettres de liaison; another
-- indicator of séjours: put its population instead. The two effects of all rows add up to the change of the rate.
-- Effects at mid-point: performance = mean weight × change of rate; structure = change of weight × (mean rate of the
-- activity − mean rate of all). An activity absent from a month has, that month, the rate of the other.

with mois_complets as (

    select
        finess_ej,
        periode_debut,
        row_number() over (partition by finess_ej order by periode_debut desc) as rang
    from {{ ref('int_periodes') }}
    where
        nature = 'mois'
        and periode_complete

),

comptes as (

    select
        unites.finess_ej,
        sejours.activite,
        count(*) filter (where mois_complets.rang = 2) as nb_avant,
        count(*) filter (where mois_complets.rang = 1) as nb_apres,
        count(*) filter (where mois_complets.rang = 2 and unites.au_numerateur) as alimentes_avant,
        count(*) filter (where mois_complets.rang = 1 and unites.au_numerateur) as alimentes_apres
    from {{ ref('pop_hopen2_p1_o2_lettre_liaison') }} as unites
    inner join mois_complets
        on
            unites.finess_ej = mois_complets.finess_ej
            and unites.periode_debut = mois_complets.periode_debut
            and mois_complets.rang <= 2
    inner join {{ ref('int_sejours') }} as sejours
        on unites.unite_id = sejours.sejour_id
    group by unites.finess_ej, sejours.activite

),

parts as (

    select
        finess_ej,
        activite,
        nb_avant,
        nb_apres,
        100.0 * nb_avant / nullif(sum(nb_avant) over (partition by finess_ej), 0) as part_avant,
        100.0 * nb_apres / nullif(sum(nb_apres) over (partition by finess_ej), 0) as part_apres,
        100.0 * alimentes_avant / nullif(nb_avant, 0) as taux_avant,
        100.0 * alimentes_apres / nullif(nb_apres, 0) as taux_apres,
        100.0 * sum(alimentes_avant) over (partition by finess_ej)
        / nullif(sum(nb_avant) over (partition by finess_ej), 0) as taux_avant_ensemble,
        100.0 * sum(alimentes_apres) over (partition by finess_ej)
        / nullif(sum(nb_apres) over (partition by finess_ej), 0) as taux_apres_ensemble
    from comptes

)

select
    finess_ej,
    activite,
    nb_avant,
    nb_apres,
    part_avant,
    part_apres,
    taux_avant,
    taux_apres,
    (part_avant + part_apres) / 200 * (coalesce(taux_apres, taux_avant) - coalesce(taux_avant, taux_apres))
        as effet_performance_points,
    (part_apres - part_avant)
    / 100
    * (
        (coalesce(taux_avant, taux_apres) + coalesce(taux_apres, taux_avant)) / 2
        - (taux_avant_ensemble + taux_apres_ensemble) / 2
    ) as effet_structure_points,
    taux_apres_ensemble - taux_avant_ensemble as evolution_totale_points
from parts
order by finess_ej, activite
