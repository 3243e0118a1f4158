-- SV2.CONS.CONSULTATIONS — consultations avec un document récupéré du DMP.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Consultation DMP » : la règle de SV2.CONS.SEJOURS, pour les consultations
-- externes du mois.
-- Une venue externe par ligne avec axe = 'TOUS' (tout téléchargement, de type connu ou non), et une ligne de plus par type
-- téléchargé.

with consultations as (

    select
        finess_ej,
        iep,
        periode_debut,
        periode_fin
    from {{ ref('int_consultations') }}
    where nature = 'mois'

),

types_telecharges as (

    select distinct
        finess_ej,
        iep,
        type_code
    from {{ ref('int_telechargements_dmp') }}

),

venues_consultees as (

    select distinct
        finess_ej,
        iep
    from types_telecharges

)

select
    consultations.finess_ej,
    consultations.periode_debut,
    consultations.periode_fin,
    'TOUS' as axe,
    consultations.iep as unite_id,
    venues_consultees.iep is not null as au_numerateur
from consultations
left join venues_consultees
    on
        consultations.finess_ej = venues_consultees.finess_ej
        and consultations.iep = venues_consultees.iep

union all

select
    consultations.finess_ej,
    consultations.periode_debut,
    consultations.periode_fin,
    types.type_code as axe,
    consultations.iep as unite_id,
    true as au_numerateur
from consultations
inner join types_telecharges
    on
        consultations.finess_ej = types_telecharges.finess_ej
        and consultations.iep = types_telecharges.iep
inner join {{ ref('types_documents') }} as types
    on types_telecharges.type_code = types.type_code
