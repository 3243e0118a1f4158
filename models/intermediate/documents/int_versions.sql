-- One row per version of a document, with what became of it. A document is a set_id; its family, patient, venue,
-- correspondant and decision of non-transmission are those of its first version (spec, « Documents »).
-- « Fed » = an AJOUT or a REMPLACEMENT that succeeded. « Withdrawn » = for the document's latest fed version, the latest
-- successful operation is a SUPPRESSION (last at equal instants). A transmission of an unknown document never counts.

with versions as (

    select
        finess_ej,
        document_id,
        set_id,
        version,
        iep,
        type_code,
        niveau_cda,
        numerise,
        ins_qualifiee,
        entete_structuree,
        consultable_services,
        date_creation as instant_creation,
        cast(date_creation as date) as date_creation
    from {{ ref('stg_dpi__documents') }}
    where cast(date_creation as date) <= {{ date_extraction() }}

),

premieres_versions as (

    select
        finess_ej,
        set_id,
        min_by(document_id, {{ rang_de_version('version', 'date_creation', 'document_id') }}) as document_id
    from {{ ref('stg_dpi__documents') }}
    where cast(date_creation as date) <= {{ date_extraction() }}
    group by finess_ej, set_id

),

envois as (

    select
        finess_ej,
        document_id,
        count(*) filter (where operation <> 'SUPPRESSION') as nb_envois,
        count(*) filter (where operation <> 'SUPPRESSION' and statut = 'REUSSI') as nb_reussis,
        count(*) filter (where operation <> 'SUPPRESSION' and statut in ('EN_COURS', 'INCONNU')) as nb_sans_reponse,
        min(case when operation <> 'SUPPRESSION' and statut = 'REUSSI' then date_envoi end) as date_alimentation,
        max(case when operation <> 'SUPPRESSION' and statut = 'REUSSI' then date_envoi end) as derniere_alimentation,
        max(case when operation = 'SUPPRESSION' and statut = 'REUSSI' then date_envoi end) as derniere_suppression
    from {{ ref('stg_dpi__transmissions_dmp') }}
    where cast(date_envoi as date) <= {{ date_extraction() }}
    group by finess_ej, document_id

),

versions_envoyees as (

    select
        versions.finess_ej,
        versions.document_id,
        versions.set_id,
        versions.version,
        versions.iep,
        versions.type_code,
        versions.niveau_cda,
        versions.numerise,
        versions.ins_qualifiee,
        versions.entete_structuree,
        versions.consultable_services,
        versions.instant_creation,
        versions.date_creation,
        coalesce(envois.nb_envois, 0) as nb_envois,
        coalesce(envois.nb_sans_reponse, 0) as nb_sans_reponse,
        coalesce(envois.nb_reussis > 0, false) as est_alimentee,
        cast(envois.date_alimentation as date) as date_alimentation,
        coalesce(envois.derniere_suppression >= envois.derniere_alimentation, false) as est_supprimee
    from versions
    left join envois
        on
            versions.finess_ej = envois.finess_ej
            and versions.document_id = envois.document_id

),

documents_retires as (

    select
        finess_ej,
        set_id,
        max_by(est_supprimee, {{ rang_de_version('version', 'instant_creation', 'document_id') }}) as est_retire
    from versions_envoyees
    where est_alimentee
    group by finess_ej, set_id

),

documents as (

    select
        premieres_versions.finess_ej,
        premieres_versions.set_id,
        coalesce(types.famille, 'AUTRE') as famille,
        premiere.type_code,
        premiere.ipp,
        premiere.iep,
        premiere.correspondant_id,
        premiere.producteur,
        premiere.categorie_biologie,
        premiere.modalite_imagerie,
        premiere.non_transmission,
        cast(premiere.date_creation as date) as date_creation,
        coalesce(documents_retires.est_retire, false) as est_retire
    from premieres_versions
    inner join {{ ref('stg_dpi__documents') }} as premiere
        on
            premieres_versions.finess_ej = premiere.finess_ej
            and premieres_versions.document_id = premiere.document_id
    left join {{ ref('types_documents') }} as types
        on premiere.type_code = types.type_code
    left join documents_retires
        on
            premieres_versions.finess_ej = documents_retires.finess_ej
            and premieres_versions.set_id = documents_retires.set_id

)

select
    versions_envoyees.finess_ej,
    versions_envoyees.document_id,
    versions_envoyees.set_id,
    versions_envoyees.version,
    versions_envoyees.iep,
    versions_envoyees.type_code,
    versions_envoyees.niveau_cda,
    versions_envoyees.numerise,
    versions_envoyees.ins_qualifiee,
    versions_envoyees.entete_structuree,
    versions_envoyees.consultable_services,
    versions_envoyees.date_creation,
    versions_envoyees.est_alimentee,
    versions_envoyees.date_alimentation,
    documents.est_retire,
    documents.famille,
    documents.type_code as type_code_document,
    documents.ipp as ipp_document,
    documents.iep as iep_document,
    documents.correspondant_id,
    documents.producteur,
    documents.categorie_biologie,
    documents.modalite_imagerie,
    documents.non_transmission,
    documents.date_creation as date_creation_document,
    {{ etape_de_version("'N1'") }} as etape_n1,
    {{ etape_de_version("'N1', 'N3'") }} as etape_n1_n3
from versions_envoyees
inner join documents
    on
        versions_envoyees.finess_ej = documents.finess_ej
        and versions_envoyees.set_id = documents.set_id
