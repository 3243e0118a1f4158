-- D6.1 — séjours dont les documents sont intégrés au DMP.
-- Guide HOP'EN, § 3.6, fiche D6.1: of the séjours of the three months spent in a service where the DPI is deployed (those
-- of D2.4) whose patient had a DMP when admitted, those with a document of the families of D2.2 in the DMP.
-- One row per séjour.

with documents_alimentes as (

    select
        documents.sejour_id,
        min(documents.date_alimentation) as date_alimentation
    from {{ ref('int_sejours_documents') }} as documents
    inner join {{ ref('types_documents') }} as types
        on
            documents.type_code_document = types.type_code
            and types.hopen_dmp = 'oui'
    where
        documents.est_alimentee
        and not documents.est_retire
    group by documents.sejour_id

)

select
    sejours_sous_dpi.finess_ej,
    sejours_sous_dpi.periode_debut,
    sejours_sous_dpi.periode_fin,
    sejours_sous_dpi.axe,
    sejours_sous_dpi.unite_id,
    documents_alimentes.sejour_id is not null as au_numerateur,
    documents_alimentes.date_alimentation as date_envoi
from {{ ref('pop_hopen_d2_4_sejours_dpi') }} as sejours_sous_dpi
inner join {{ ref('int_sejours') }} as sejours
    on
        sejours_sous_dpi.unite_id = sejours.sejour_id
        and sejours.a_un_dmp_a_l_entree
left join documents_alimentes
    on sejours_sous_dpi.unite_id = documents_alimentes.sejour_id
