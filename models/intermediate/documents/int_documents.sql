-- One row per document: what its first version says of it, and how far the furthest of its versions got.
-- The indicators that count documents (biologie, imagerie) count these, whatever the number of versions.

select
    finess_ej,
    set_id,
    max(famille) as famille,
    max(type_code_document) as type_code,
    max(ipp_document) as ipp,
    max(iep_document) as iep,
    max(correspondant_id) as correspondant_id,
    max(producteur) as producteur,
    max(categorie_biologie) as categorie_biologie,
    max(modalite_imagerie) as modalite_imagerie,
    max(non_transmission) as non_transmission,
    max(date_creation_document) as date_creation,
    max(est_alimentee and not est_retire) as est_alimente,
    min(date_alimentation) as date_alimentation,
    -- « Structured heading » and « readable in the services » are asked of one and the same version (HOP'EN D1).
    max(entete_structuree and consultable_services) as a_une_version_structuree_consultable,
    max(etape_n1) as etape_n1,
    max_by(document_id, concat(etape_n1, document_id)) as document_id_n1,
    {{ valeur_du_plus_grand('date_alimentation', 'concat(etape_n1, document_id)') }} as date_envoi_n1,
    max(etape_n1_n3) as etape_n1_n3,
    max_by(document_id, concat(etape_n1_n3, document_id)) as document_id_n1_n3,
    {{ valeur_du_plus_grand('date_alimentation', 'concat(etape_n1_n3, document_id)') }} as date_envoi_n1_n3
from {{ ref('int_versions') }}
group by finess_ej, set_id
