-- D2.3 — services dont le DPI intègre les documents.
-- Guide HOP'EN, § 3.2, fiche D2.3: of the services de soins and médico-techniques, those where the DPI is deployed and
-- takes in reports, discharge treatments, biology results and lettre de liaison. State of the day of extraction.
-- One row per service.

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
