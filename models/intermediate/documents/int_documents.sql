-- Un document par ligne : ce que dit sa première version, et jusqu'où est allée la plus avancée de ses versions.
-- Les indicateurs qui comptent des documents (biologie, imagerie) comptent ceux-ci, quel que soit le nombre de versions.

with documents as (

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
        max(est_a_alimenter) as est_a_alimenter,
        max(date_creation_document) as date_creation,
        max(est_alimentee and not est_retire) as est_alimente,
        min(date_alimentation) as date_alimentation,
        -- « Structured heading » and « readable in the services » are asked of one and the same version (HOP'EN D1).
        max(entete_structuree and consultable_services) as a_une_version_structuree_consultable,
        max(etape_n1) as etape_n1,
        max_by(document_id, {{ rang_de_preuve('etape_n1', 'date_alimentation', 'document_id') }}) as document_id_n1,
        {{ valeur_du_plus_grand(
            'date_alimentation', rang_de_preuve('etape_n1', 'date_alimentation', 'document_id')
        ) }} as date_envoi_n1,
        max(etape_n1_n3) as etape_n1_n3,
        max_by(document_id, {{ rang_de_preuve('etape_n1_n3', 'date_alimentation', 'document_id') }}) as document_id_n1_n3,
        {{ valeur_du_plus_grand(
            'date_alimentation', rang_de_preuve('etape_n1_n3', 'date_alimentation', 'document_id')
        ) }} as date_envoi_n1_n3
    from {{ ref('int_versions') }}
    group by finess_ej, set_id

),

venues as (

    select distinct
        finess_ej,
        iep
    from {{ ref('int_venues') }}

)

select
    documents.finess_ej,
    documents.set_id,
    documents.famille,
    documents.type_code,
    documents.ipp,
    documents.iep,
    documents.correspondant_id,
    documents.producteur,
    documents.categorie_biologie,
    documents.modalite_imagerie,
    documents.non_transmission,
    documents.est_a_alimenter,
    documents.date_creation,
    documents.est_alimente,
    documents.date_alimentation,
    documents.a_une_version_structuree_consultable,
    documents.etape_n1,
    documents.document_id_n1,
    documents.date_envoi_n1,
    documents.etape_n1_n3,
    documents.document_id_n1_n3,
    documents.date_envoi_n1_n3,
    venues.iep is not null as a_une_venue_connue,
    passages.iep is not null as est_d_un_passage_sans_hospitalisation
from documents
left join venues
    on
        documents.finess_ej = venues.finess_ej
        and documents.iep = venues.iep
left join {{ ref('int_passages_sans_hospitalisation') }} as passages
    on
        documents.finess_ej = passages.finess_ej
        and documents.iep = passages.iep
