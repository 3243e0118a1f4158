-- D6.1 — séjours dont les documents sont intégrés au DMP.
-- Guide HOP'EN, § 3.6, fiche D6.1 : parmi les séjours des trois mois passés dans un service où le DPI est déployé (ceux de
-- D2.4) et dont le patient avait un DMP à l'admission, ceux dont tous les documents des familles de D2.2 sont dans le DMP ; un
-- séjour sans document n'en a aucun à y montrer.
-- Un séjour par ligne.
-- Lecture d6_1_documents : tous les documents du séjour (tous), ou un seul (au_moins_un).

with documents_du_sejour as (

    select
        documents.sejour_id,
        documents.set_id,
        min(documents.date_alimentation) filter (where not documents.est_retire) as date_alimentation
    from {{ ref('int_sejours_documents') }} as documents
    inner join {{ ref('types_documents') }} as types
        on
            documents.type_code_document = types.type_code
            and types.hopen_dmp = 'oui'
    group by documents.sejour_id, documents.set_id

),

sejours_alimentes as (

    select
        sejour_id,
        min(date_alimentation) as date_alimentation,
        case
            when '{{ var("d6_1_documents") }}' = 'tous' then count(*) = count(date_alimentation)
            else count(date_alimentation) > 0
        end as est_alimente
    from documents_du_sejour
    group by sejour_id

)

select
    sejours_sous_dpi.finess_ej,
    sejours_sous_dpi.periode_debut,
    sejours_sous_dpi.periode_fin,
    sejours_sous_dpi.axe,
    sejours_sous_dpi.unite_id,
    coalesce(sejours_alimentes.est_alimente, false) as au_numerateur,
    sejours_alimentes.date_alimentation as date_envoi
from {{ ref('pop_hopen_d2_4_sejours_dpi') }} as sejours_sous_dpi
inner join {{ ref('int_sejours') }} as sejours
    on
        sejours_sous_dpi.unite_id = sejours.sejour_id
        and sejours.a_un_dmp_a_l_entree
left join sejours_alimentes
    on sejours_sous_dpi.unite_id = sejours_alimentes.sejour_id
