-- One row per séjour and family of documents: the furthest step reached by one of its versions, and which version.

select
    sejour_id,
    finess_ej,
    famille,
    max(etape_n1) as etape_n1,
    -- The version that got furthest; of equals, the greatest identifier, so that two builds name the same one.
    max_by(document_id, concat(etape_n1, document_id)) as document_id,
    {{ valeur_du_plus_grand('date_alimentation', 'concat(etape_n1, document_id)') }} as date_envoi
from {{ ref('int_sejours_documents') }}
group by sejour_id, finess_ej, famille
