-- D7.1 — services de consultation avec rendez-vous en ligne.
-- Guide HOP'EN, § 3.7, fiche D7.1: of the services that receive external consultations, whatever their kind, those whose
-- appointments can be taken on line. State of the day of extraction.
-- One row per service.

select
    services.finess_ej,
    instants.periode_debut,
    instants.periode_fin,
    'TOUS' as axe,
    services.service_id as unite_id,
    services.rdv_en_ligne as au_numerateur
from {{ ref('stg_gam__services') }} as services
inner join {{ ref('int_periodes') }} as instants
    on
        services.finess_ej = instants.finess_ej
        and instants.nature = 'instant'
where services.consultations_externes
