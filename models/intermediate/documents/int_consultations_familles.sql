-- One row per external consultation and family of documents: the furthest step reached by one of its versions, and which
-- version. What int_sejours_familles is to the séjours.

select
    versions.finess_ej,
    versions.iep,
    versions.famille,
    max(versions.etape_n1) as etape_n1,
    max_by(versions.document_id, concat(versions.etape_n1, versions.document_id)) as document_id,
    {{ valeur_du_plus_grand(
        'versions.date_alimentation', 'concat(versions.etape_n1, versions.document_id)'
    ) }} as date_envoi
from {{ ref('int_versions') }} as versions
inner join {{ ref('int_venues') }} as venues
    on
        versions.finess_ej = venues.finess_ej
        and versions.iep = venues.iep
        and venues.champ = 'EXTERNE'
group by versions.finess_ej, versions.iep, versions.famille
