-- P1.O4, « justification sur la notion de consultation » (guide HOP'EN2, fiche P1.O4): from the external venues of the month
-- to the consultations that count. One row per establishment, month and source of the billing (GAM, RSF_ACE, AUCUNE: not
-- billed); the rows add up.
-- Which consultation has a DMP, and which has its report there, comes from the population of the indicator.

with consultations as (

    select
        finess_ej,
        iep,
        periode_debut,
        periode_fin,
        coalesce(source_facturation, 'AUCUNE') as source_facturation,
        facturation_ace,
        est_consultation_facturee
    from {{ ref('int_consultations') }}
    where nature = 'mois'

)

select
    consultations.finess_ej,
    consultations.periode_debut,
    consultations.periode_fin,
    consultations.source_facturation,
    count(*) as nb_venues_externes,
    count(*) filter (where consultations.facturation_ace) as nb_facturees,
    count(*) filter (where consultations.est_consultation_facturee) as nb_consultations,
    count(population.unite_id) as nb_avec_dmp,
    count(*) filter (where population.au_numerateur) as nb_alimentees
from consultations
left join {{ ref('pop_hopen2_p1_o4_compte_rendu_consultation') }} as population
    on
        consultations.finess_ej = population.finess_ej
        and consultations.iep = population.unite_id
group by consultations.finess_ej, consultations.periode_debut, consultations.periode_fin, consultations.source_facturation
order by consultations.finess_ej, consultations.periode_debut, consultations.source_facturation
