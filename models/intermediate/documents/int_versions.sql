-- One row per version of a document, with what became of it. A document is a set_id; its family, patient, venue,
-- correspondant and decision of non-transmission are those of its first version (spec, « Documents »).
-- « Fed » = an AJOUT or a REMPLACEMENT that succeeded. « Withdrawn » = for the document's latest fed version, the latest
-- successful operation is a SUPPRESSION (last at equal instants). A transmission of an unknown document never counts.

with envois as (

    select
        finess_ej,
        document_id,
        count(*) filter (where operation <> 'SUPPRESSION') as nb_envois,
        count(*) filter (where operation <> 'SUPPRESSION' and statut in ('EN_COURS', 'INCONNU')) as nb_sans_reponse,
        count(*) filter (where operation <> 'SUPPRESSION' and statut = 'REUSSI') > 0 as est_alimentee,
        cast(min(case when operation <> 'SUPPRESSION' and statut = 'REUSSI' then date_envoi end) as date) as date_alimentation,
        coalesce(
            max(case when operation = 'SUPPRESSION' and statut = 'REUSSI' then date_envoi end)
            >= max(case when operation <> 'SUPPRESSION' and statut = 'REUSSI' then date_envoi end),
            false
        ) as est_supprimee
    from {{ ref('int_dpi_transmissions_dmp') }}
    where cast(date_envoi as date) <= {{ date_extraction() }}
    group by finess_ej, document_id

),

-- Nearly every document has one version, which is its first: only the others have theirs put in order.
documents_a_plusieurs_versions as (

    select
        finess_ej,
        set_id
    from {{ ref('int_dpi_documents') }}
    group by finess_ej, set_id
    having count(*) > 1

),

suites as (

    select
        versions.finess_ej,
        versions.set_id,
        min_by(
            versions.document_id, {{ rang_de_version('versions.version', 'versions.date_creation', 'versions.document_id') }}
        ) as premiere_version,
        max_by(
            envois.est_supprimee, {{ rang_de_version('versions.version', 'versions.date_creation', 'versions.document_id') }}
        ) filter (where envois.est_alimentee) as est_retire
    from {{ ref('int_dpi_documents') }} as versions
    inner join documents_a_plusieurs_versions as repetes
        on
            versions.finess_ej = repetes.finess_ej
            and versions.set_id = repetes.set_id
    left join envois
        on
            versions.finess_ej = envois.finess_ej
            and versions.document_id = envois.document_id
    where cast(versions.date_creation as date) <= {{ date_extraction() }}
    group by versions.finess_ej, versions.set_id

),

premieres_versions as (

    select
        versions.finess_ej,
        versions.set_id,
        versions.type_code,
        versions.ipp,
        versions.iep,
        versions.correspondant_id,
        versions.producteur,
        versions.categorie_biologie,
        versions.modalite_imagerie,
        versions.non_transmission,
        cast(versions.date_creation as date) as date_creation,
        coalesce(suites.est_retire, false) as est_retire
    from {{ ref('int_dpi_documents') }} as versions
    inner join suites
        on
            versions.finess_ej = suites.finess_ej
            and versions.document_id = suites.premiere_version

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
        cast(versions.date_creation as date) as date_creation,
        coalesce(envois.nb_envois, 0) as nb_envois,
        coalesce(envois.nb_sans_reponse, 0) as nb_sans_reponse,
        coalesce(envois.est_alimentee, false) as est_alimentee,
        envois.date_alimentation,
        case when premieres.set_id is null then coalesce(envois.est_supprimee, false) else premieres.est_retire end as est_retire,
        case when premieres.set_id is null then versions.type_code else premieres.type_code end as type_code_document,
        case when premieres.set_id is null then versions.ipp else premieres.ipp end as ipp_document,
        case when premieres.set_id is null then versions.iep else premieres.iep end as iep_document,
        case when premieres.set_id is null then versions.correspondant_id else premieres.correspondant_id end as correspondant_id,
        case when premieres.set_id is null then versions.producteur else premieres.producteur end as producteur,
        case when premieres.set_id is null then versions.categorie_biologie else premieres.categorie_biologie end
            as categorie_biologie,
        case when premieres.set_id is null then versions.modalite_imagerie else premieres.modalite_imagerie end
            as modalite_imagerie,
        case when premieres.set_id is null then versions.non_transmission else premieres.non_transmission end as non_transmission,
        coalesce(premieres.date_creation, cast(versions.date_creation as date)) as date_creation_document
    from {{ ref('int_dpi_documents') }} as versions
    left join envois
        on
            versions.finess_ej = envois.finess_ej
            and versions.document_id = envois.document_id
    left join premieres_versions as premieres
        on
            versions.finess_ej = premieres.finess_ej
            and versions.set_id = premieres.set_id
    where cast(versions.date_creation as date) <= {{ date_extraction() }}

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
    versions_envoyees.est_retire,
    coalesce(types.famille, 'AUTRE') as famille,
    versions_envoyees.type_code_document,
    versions_envoyees.ipp_document,
    versions_envoyees.iep_document,
    versions_envoyees.correspondant_id,
    versions_envoyees.producteur,
    versions_envoyees.categorie_biologie,
    versions_envoyees.modalite_imagerie,
    versions_envoyees.non_transmission,
    -- Guide HOP'EN2 phase 1, objectifs 5 et 6 : les comptes rendus de biologie et d'imagerie de l'établissement, que personne
    -- n'a décidé de ne pas transmettre. L'anatomie pathologique et la génétique n'en sont pas ; l'imagerie est la radiologie,
    -- la mammographie, le scanner, l'IRM et l'échographie. Celui qui ne dit ni producteur, ni catégorie, ni modalité en est.
    not coalesce(
        types.famille in ('CR_BIO', 'CR_IMAGERIE')
        and (versions_envoyees.producteur = 'SOUS_TRAITANT' or versions_envoyees.non_transmission)
        or types.famille = 'CR_BIO' and versions_envoyees.categorie_biologie in ('ACP', 'GENETIQUE')
        or types.famille = 'CR_IMAGERIE' and versions_envoyees.modalite_imagerie = 'AUTRE',
        false
    ) as est_a_alimenter,
    versions_envoyees.date_creation_document,
    {{ etape_de_version("'N1'") }} as etape_n1,
    {{ etape_de_version("'N1', 'N3'") }} as etape_n1_n3
from versions_envoyees
left join {{ ref('types_documents') }} as types
    on versions_envoyees.type_code_document = types.type_code
