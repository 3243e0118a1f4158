-- D3.1, D3.2, D3.3, D3.4 — séjours avec prescriptions informatisées : médicaments, biologie, imagerie et explorations, actes
-- infirmiers.
-- Guide HOP'EN, § 3.3, fiches D3.1 à D3.4 : parmi les séjours d'hospitalisation concernés des trois mois, ceux dont une
-- prescription du type au moins est saisie dans le logiciel. Le guide laisse ouverts les « séjours concernés » : ici, ceux qui
-- ont une prescription du type, sur papier ou non.
-- Un séjour par ligne, par type de prescription et par trimestre glissant. Les quatre fiches donnent une règle ; le type de
-- prescription dit pour quel indicateur elle compte.

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

prescriptions as (

    select
        case type_prescription
            when 'MEDICAMENT' then 'D3.1'
            when 'BIOLOGIE' then 'D3.2'
            when 'IMAGERIE_EXPLORATION' then 'D3.3'
            when 'ACTE_INFIRMIER' then 'D3.4'
        end as indicateur,
        sejour_id,
        nb_informatisees
    from {{ ref('int_sejours_prescriptions') }}

)

select
    prescriptions.indicateur,
    sejours_hospitaliers.finess_ej,
    sejours_hospitaliers.periode_debut,
    sejours_hospitaliers.periode_fin,
    'TOUS' as axe,
    sejours_hospitaliers.sejour_id as unite_id,
    prescriptions.nb_informatisees > 0 as au_numerateur
from sejours_hospitaliers
inner join prescriptions
    on sejours_hospitaliers.sejour_id = prescriptions.sejour_id
