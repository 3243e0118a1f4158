-- One row per séjour and family of documents: the furthest step reached by one of its versions, and which version.

select
    sejour_id,
    finess_ej,
    famille,
    max(etape_n1) as etape_n1,
    max_by(document_id, {{ rang_de_preuve('etape_n1', 'date_alimentation', 'document_id') }}) as document_id,
    {{ valeur_du_plus_grand(
        'date_alimentation', rang_de_preuve('etape_n1', 'date_alimentation', 'document_id')
    ) }} as date_envoi
from {{ ref('int_sejours_documents') }}
group by sejour_id, finess_ej, famille
