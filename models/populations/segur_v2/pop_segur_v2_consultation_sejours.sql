-- SV2.CONS.SEJOURS — séjours clôturés avec un document récupéré du DMP.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Consultation DMP » : parmi les séjours clos dans le mois, ceux pour l'une des
-- venues desquels un document du type a été téléchargé avec succès (TD3.2). Les types sont ceux de tous les auteurs, non ceux
-- que l'établissement produit.
-- Un séjour par ligne avec axe = 'TOUS' (tout téléchargement, de type connu ou non), et une ligne de plus par type téléchargé.

with sejours_clos as (

    select
        sejour_id,
        finess_ej,
        periode_debut,
        periode_fin
    from {{ ref('int_sejours_clos') }}
    where nature = 'mois'

),

types_telecharges as (

    select distinct
        rattachements.sejour_id,
        telechargements.type_code
    from {{ ref('int_telechargements_dmp') }} as telechargements
    inner join {{ ref('int_sejours_venues') }} as rattachements
        on
            telechargements.finess_ej = rattachements.finess_ej
            and telechargements.iep = rattachements.iep

),

sejours_consultes as (

    select distinct sejour_id
    from types_telecharges

)

select
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    sejours_consultes.sejour_id is not null as au_numerateur
from sejours_clos
left join sejours_consultes
    on sejours_clos.sejour_id = sejours_consultes.sejour_id

union all

select
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    types.type_code as axe,
    sejours_clos.sejour_id as unite_id,
    true as au_numerateur
from sejours_clos
inner join types_telecharges
    on sejours_clos.sejour_id = types_telecharges.sejour_id
inner join {{ ref('types_documents') }} as types
    on types_telecharges.type_code = types.type_code
