-- D2.3 — services dont le DPI intègre les documents.
-- Guide HOP'EN, § 3.2, fiche D2.3 : parmi les services de soins et médico-techniques, ceux où le DPI est déployé et reçoit
-- comptes rendus, traitements de sortie, résultats de biologie et lettre de liaison. État du jour de l'extraction.
-- Un service par ligne.

select
    services.finess_ej,
    instants.periode_debut,
    instants.periode_fin,
    'TOUS' as axe,
    services.service_id as unite_id,
    services.dpi_deploye and services.dpi_integre_documents as au_numerateur
from {{ ref('stg_gam__services') }} as services
inner join {{ ref('int_periodes') }} as instants
    on
        services.finess_ej = instants.finess_ej
        and instants.nature = 'instant'
where services.type_service in ('SOINS', 'MEDICO_TECHNIQUE')
