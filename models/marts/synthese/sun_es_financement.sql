-- SUN-ES funding: one row per establishment whose activité combinée is known, and window. Amounts in euros, to the cent.
-- Guide SUN-ES (ARS), « Répartition du financement à l'usage »: each domain's forfait grows in a straight line with the
-- activity inside its category, and no more beyond the last one; it is multiplied by the share that the window pays.
-- D1 is paid when DS1.1 and DS1.2 are reached, DS1.3 and DS1.4 each add 10 % of it; D2 needs DS2.1, D3 DS3.1, volet 2
-- DS4.1, DS4.2 and DS4.3.
-- cout_<indicator>: what is not paid as long as this indicator is missing, were the other conditions of its forfait met;
-- a bonus is in the cost of DS1.1 and DS1.2 when its own indicator is reached. Zero when the indicator is reached, has
-- no target in the window, or when the establishment has not the activity. Two missing conditions of one forfait both
-- bear it, so that these columns do not add up.

with forfaits as (

    select
        etablissements.finess_ej,
        fenetres.fenetre,
        bareme.domaine,
        -- Below its category an activity has no row, above it has the category's ceiling: the greatest is its forfait.
        -- A decimal from here on: of a double, two engines round the half cent apart.
        max(
            cast(
                bareme.montant_min
                + cast(bareme.montant_max - bareme.montant_min as double)
                * (least(etablissements.activite_combinee, bareme.activite_max) - bareme.activite_min)
                / (bareme.activite_max - bareme.activite_min)
                as decimal(14, 6)
            )
        ) as montant_plein
    from {{ ref('stg_reference__etablissements') }} as etablissements
    cross join {{ ref('fenetres_sun_es') }} as fenetres
    inner join {{ ref('bareme_sun_es') }} as bareme
        on etablissements.activite_combinee >= bareme.activite_min
    group by etablissements.finess_ej, fenetres.fenetre, bareme.domaine

),

montants as (

    select
        forfaits.finess_ej,
        forfaits.fenetre,
        fenetres.part_volet_1,
        fenetres.part_volet_2,
        max(case when domaine = 'D1' then montant_plein * part_volet_1 * 0.01 end) as forfait_d1,
        max(case when domaine = 'D1' then montant_plein * part_volet_1 * 0.01 * {{ var('sun_es_part_bonus') }} end) as bonus,
        max(case when domaine = 'D2' then montant_plein * part_volet_1 * 0.01 end) as forfait_d2,
        max(case when domaine = 'D3' then montant_plein * part_volet_1 * 0.01 end) as forfait_d3,
        max(case when domaine = 'VOLET_2' then montant_plein * part_volet_2 * 0.01 end) as forfait_volet2
    from forfaits
    inner join {{ ref('fenetres_sun_es') }} as fenetres
        on forfaits.fenetre = fenetres.fenetre
    group by forfaits.finess_ej, forfaits.fenetre, fenetres.part_volet_1, fenetres.part_volet_2

),

fenetres_evaluees as (

    select
        finess_ej,
        fenetre,
        indicateur,
        atteinte,
        not atteinte and motif not in ('SANS_CIBLE', 'ACTIVITE_ABSENTE') as manquante
    from {{ ref('sun_es_fenetres') }}

),

cibles as (

    select
        finess_ej,
        fenetre,
        max(case when indicateur = 'DS1.1' then atteinte end) as atteint_ds1_1,
        max(case when indicateur = 'DS1.2' then atteinte end) as atteint_ds1_2,
        max(case when indicateur = 'DS1.3' then atteinte end) as atteint_ds1_3,
        max(case when indicateur = 'DS1.4' then atteinte end) as atteint_ds1_4,
        max(case when indicateur = 'DS2.1' then atteinte end) as atteint_ds2_1,
        max(case when indicateur = 'DS3.1' then atteinte end) as atteint_ds3_1,
        max(case when indicateur = 'DS4.1' then atteinte end) as atteint_ds4_1,
        max(case when indicateur = 'DS4.2' then atteinte end) as atteint_ds4_2,
        max(case when indicateur = 'DS4.3' then atteinte end) as atteint_ds4_3,
        max(case when indicateur = 'DS1.1' then manquante end) as manque_ds1_1,
        max(case when indicateur = 'DS1.2' then manquante end) as manque_ds1_2,
        max(case when indicateur = 'DS1.3' then manquante end) as manque_ds1_3,
        max(case when indicateur = 'DS1.4' then manquante end) as manque_ds1_4,
        max(case when indicateur = 'DS2.1' then manquante end) as manque_ds2_1,
        max(case when indicateur = 'DS3.1' then manquante end) as manque_ds3_1,
        max(case when indicateur = 'DS4.1' then manquante end) as manque_ds4_1,
        max(case when indicateur = 'DS4.2' then manquante end) as manque_ds4_2,
        max(case when indicateur = 'DS4.3' then manquante end) as manque_ds4_3
    from fenetres_evaluees
    group by finess_ej, fenetre

),

versements as (

    select
        montants.finess_ej,
        montants.fenetre,
        montants.part_volet_1,
        montants.part_volet_2,
        case when atteint_ds1_1 and atteint_ds1_2 then forfait_d1 else 0 end as montant_d1,
        case when atteint_ds1_1 and atteint_ds1_2 and atteint_ds1_3 then bonus else 0 end as bonus_ds1_3,
        case when atteint_ds1_1 and atteint_ds1_2 and atteint_ds1_4 then bonus else 0 end as bonus_ds1_4,
        case when atteint_ds2_1 then forfait_d2 else 0 end as montant_d2,
        case when atteint_ds3_1 then forfait_d3 else 0 end as montant_d3,
        case when atteint_ds4_1 and atteint_ds4_2 and atteint_ds4_3 then forfait_volet2 else 0 end as montant_volet2,
        atteint_ds1_1,
        atteint_ds1_2,
        atteint_ds1_3,
        atteint_ds1_4,
        atteint_ds2_1,
        atteint_ds3_1,
        atteint_ds4_1,
        atteint_ds4_2,
        atteint_ds4_3,
        case
            when manque_ds1_1
                then
                    forfait_d1
                    + case when atteint_ds1_3 then bonus else 0 end
                    + case when atteint_ds1_4 then bonus else 0 end
            else 0
        end as cout_ds1_1,
        case
            when manque_ds1_2
                then
                    forfait_d1
                    + case when atteint_ds1_3 then bonus else 0 end
                    + case when atteint_ds1_4 then bonus else 0 end
            else 0
        end as cout_ds1_2,
        case when manque_ds1_3 then bonus else 0 end as cout_ds1_3,
        case when manque_ds1_4 then bonus else 0 end as cout_ds1_4,
        case when manque_ds2_1 then forfait_d2 else 0 end as cout_ds2_1,
        case when manque_ds3_1 then forfait_d3 else 0 end as cout_ds3_1,
        case when manque_ds4_1 then forfait_volet2 else 0 end as cout_ds4_1,
        case when manque_ds4_2 then forfait_volet2 else 0 end as cout_ds4_2,
        case when manque_ds4_3 then forfait_volet2 else 0 end as cout_ds4_3
    from montants
    inner join cibles
        on
            montants.finess_ej = cibles.finess_ej
            and montants.fenetre = cibles.fenetre

)

select
    finess_ej,
    fenetre,
    part_volet_1,
    part_volet_2,
    cast(montant_d1 as decimal(12, 2)) as montant_d1,
    cast(bonus_ds1_3 as decimal(12, 2)) as bonus_ds1_3,
    cast(bonus_ds1_4 as decimal(12, 2)) as bonus_ds1_4,
    cast(montant_d2 as decimal(12, 2)) as montant_d2,
    cast(montant_d3 as decimal(12, 2)) as montant_d3,
    cast(montant_volet2 as decimal(12, 2)) as montant_volet2,
    cast(
        montant_d1 + bonus_ds1_3 + bonus_ds1_4 + montant_d2 + montant_d3 + montant_volet2 as decimal(12, 2)
    ) as montant_total,
    atteint_ds1_1,
    atteint_ds1_2,
    atteint_ds1_3,
    atteint_ds1_4,
    atteint_ds2_1,
    atteint_ds3_1,
    atteint_ds4_1,
    atteint_ds4_2,
    atteint_ds4_3,
    cast(cout_ds1_1 as decimal(12, 2)) as cout_ds1_1,
    cast(cout_ds1_2 as decimal(12, 2)) as cout_ds1_2,
    cast(cout_ds1_3 as decimal(12, 2)) as cout_ds1_3,
    cast(cout_ds1_4 as decimal(12, 2)) as cout_ds1_4,
    cast(cout_ds2_1 as decimal(12, 2)) as cout_ds2_1,
    cast(cout_ds3_1 as decimal(12, 2)) as cout_ds3_1,
    cast(cout_ds4_1 as decimal(12, 2)) as cout_ds4_1,
    cast(cout_ds4_2 as decimal(12, 2)) as cout_ds4_2,
    cast(cout_ds4_3 as decimal(12, 2)) as cout_ds4_3,
    -- A forfait that two conditions miss is missing once.
    cast(
        greatest(cout_ds1_1, cout_ds1_2) + cout_ds1_3 + cout_ds1_4 + cout_ds2_1 + cout_ds3_1
        + greatest(cout_ds4_1, cout_ds4_2, cout_ds4_3) as decimal(12, 2)
    ) as montant_manquant
from versements
order by finess_ej, fenetre
