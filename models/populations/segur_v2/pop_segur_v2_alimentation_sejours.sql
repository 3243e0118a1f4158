-- SV2.ALIM.SEJOURS — séjours clôturés pour lesquels le type de document a été versé au DMP.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Alimentation DMP » : parmi les séjours clos dans le mois dont le patient ne
-- s'oppose pas à l'alimentation, ceux dont un document du type a été alimenté avec succès. L'alimentation n'exige pas
-- d'accord : un patient dont rien n'est enregistré ne s'oppose pas. V1 refusée, V2 réussie, V3 refusée : le document compte,
-- par V2.
-- Un séjour par ligne avec axe = 'TOUS', et une ligne de plus par type de la liste Ségur alimenté.

with sejours_clos as (

    select
        sejour_id,
        finess_ej,
        periode_debut,
        periode_fin
    from {{ ref('int_sejours_clos') }}
    where
        nature = 'mois'
        and not oppose_a_la_sortie

),

types_alimentes as (

    select distinct
        documents.sejour_id,
        documents.type_code_document as type_code
    from {{ ref('int_sejours_documents') }} as documents
    inner join {{ ref('types_documents') }} as types
        on
            documents.type_code_document = types.type_code
            and types.segur = 'oui'
    where
        documents.est_alimentee
        and not documents.est_retire

),

sejours_alimentes as (

    select distinct sejour_id
    from types_alimentes

)

select
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    sejours_alimentes.sejour_id is not null as au_numerateur
from sejours_clos
left join sejours_alimentes
    on sejours_clos.sejour_id = sejours_alimentes.sejour_id

union all

select
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    types_alimentes.type_code as axe,
    sejours_clos.sejour_id as unite_id,
    true as au_numerateur
from sejours_clos
inner join types_alimentes
    on sejours_clos.sejour_id = types_alimentes.sejour_id
