-- D1.5 — services accédant aux comptes rendus et images.
-- Guide HOP'EN, § 3.1, fiche D1.5 : parmi les services de soins et médico-techniques, HAD et unités en milieu pénitentiaire
-- comprises, ceux qui ouvrent les comptes rendus, résultats et images depuis leurs postes. La fiche dit trois mois révolus ; un
-- déploiement n'a pas de date : c'est l'état du jour de l'extraction.
-- Un service par ligne.

select
    services.finess_ej,
    instants.periode_debut,
    instants.periode_fin,
    'TOUS' as axe,
    services.service_id as unite_id,
    services.acces_cr_et_images as au_numerateur
from {{ ref('stg_gam__services') }} as services
inner join {{ ref('int_periodes') }} as instants
    on
        services.finess_ej = instants.finess_ej
        and instants.nature = 'instant'
where services.type_service in ('SOINS', 'MEDICO_TECHNIQUE')
