-- D7.1 — services de consultation avec rendez-vous en ligne.
-- Guide HOP'EN, § 3.7, fiche D7.1 : parmi les services qui reçoivent en consultation externe, de toute nature, ceux dont le
-- rendez-vous se prend en ligne. État du jour de l'extraction.
-- Un service par ligne.

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
