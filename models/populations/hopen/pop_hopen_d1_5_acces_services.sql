-- D1.5 — services accédant aux comptes rendus et images.
-- Guide HOP'EN, § 3.1, fiche D1.5: of the services de soins and médico-techniques, all of them (HAD and units in prisons
-- included), those that open reports, results and images from their own workstations. The guide says three past months;
-- a state of deployment has no date, so it is the state of the day of extraction.
-- One row per service.

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
