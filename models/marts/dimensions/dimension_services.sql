-- The services of the establishments that send them: one row per service.

select
    finess_ej,
    service_id,
    libelle,
    type_service,
    pole
from {{ ref('stg_gam__services') }}
order by finess_ej, service_id
