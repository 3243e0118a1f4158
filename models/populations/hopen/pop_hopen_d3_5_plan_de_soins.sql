-- D3.5 — séjours avec plan de soins unique alimenté par l'ensemble des prescriptions.
-- Guide HOP'EN, § 3.3, fiche D3.5 : parmi les séjours d'hospitalisation des trois mois avec au moins une prescription, ceux
-- dont le plan de soins les reçoit toutes : médicaments, biologie, imagerie et explorations, actes infirmiers.
-- Un séjour par ligne et par trimestre glissant.

with sejours_hospitaliers as (

    select
        sejour_id,
        finess_ej,
        periode_debut,
        periode_fin
    from {{ ref('int_sejours_clos') }}
    where
        nature = 'trimestre_glissant'
        and activite in ('MCO', 'SMR', 'PSY', 'HAD')

),

plans_de_soins as (

    select
        sejour_id,
        sum(nb_dans_plan_de_soins) = sum(nb_prescriptions) as est_alimente_par_toutes
    from {{ ref('int_sejours_prescriptions') }}
    group by sejour_id

)

select
    sejours_hospitaliers.finess_ej,
    sejours_hospitaliers.periode_debut,
    sejours_hospitaliers.periode_fin,
    'TOUS' as axe,
    sejours_hospitaliers.sejour_id as unite_id,
    plans_de_soins.est_alimente_par_toutes as au_numerateur
from sejours_hospitaliers
inner join plans_de_soins
    on sejours_hospitaliers.sejour_id = plans_de_soins.sejour_id
