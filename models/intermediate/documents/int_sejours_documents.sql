-- Documents of the séjours: one row per séjour and version attached to one of its venues, with how far it got.
-- « Documents of a séjour: those whose iep is one of its venues, version by version. »

select
    rattachements.sejour_id,
    versions.finess_ej,
    versions.document_id,
    versions.set_id,
    versions.date_creation,
    versions.famille,
    versions.type_code_document,
    versions.date_alimentation,
    versions.est_alimentee,
    versions.est_retire,
    versions.etape_n1
from {{ ref('int_versions') }} as versions
inner join {{ ref('int_sejours_venues') }} as rattachements
    on
        versions.finess_ej = rattachements.finess_ej
        and versions.iep = rattachements.iep
