-- P1.O4, « justification sur la notion de consultation » (guide HOP'EN2, fiche P1.O4): from the external venues of the month
-- to the consultations that count. One row per establishment, month and source of the billing (GAM, RSF_ACE, AUCUNE: not
-- billed); the rows add up.
-- Which consultation has a DMP, and which has its report there, comes from the population of the indicator.

with venues as (

    select
        finess_ej,
        iep,
        date_entree,
        coalesce(source_facturation, 'AUCUNE') as source_facturation,
        facturation_ace,
        est_consultation_facturee
    from {{ ref('int_venues') }}
    where champ = 'EXTERNE'

)

select
    venues.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    venues.source_facturation,
    count(*) as nb_venues_externes,
    count(*) filter (where venues.facturation_ace) as nb_facturees,
    count(*) filter (where venues.est_consultation_facturee) as nb_consultations,
    count(population.unite_id) as nb_avec_dmp,
    count(*) filter (where population.au_numerateur) as nb_alimentees
from venues
inner join {{ ref('int_periodes') }} as mois
    on
        venues.finess_ej = mois.finess_ej
        and venues.date_entree between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
left join {{ ref('pop_hopen2_p1_o4_compte_rendu_consultation') }} as population
    on
        venues.finess_ej = population.finess_ej
        and venues.iep = population.unite_id
group by venues.finess_ej, mois.periode_debut, mois.periode_fin, venues.source_facturation
order by venues.finess_ej, mois.periode_debut, venues.source_facturation
