-- SV2.MSS.CORRESPONDANTS — correspondants équipés ayant reçu le type de document.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « MSSanté » : parmi les correspondants extérieurs dotés d'une adresse MSSanté et
-- liés à une venue du mois, urgences exclues, ceux auxquels un message professionnel du mois a apporté un document du type.
-- Un correspondant par ligne et par mois avec axe = 'TOUS', et une ligne de plus par type de la liste Ségur reçu.

with correspondants as (

    select distinct
        finess_ej,
        correspondant_id,
        periode_debut,
        periode_fin
    from {{ ref('int_correspondants_concernes') }}
    where champ <> 'URGENCES'

),

types_recus as (

    select distinct
        messages.finess_ej,
        messages.periode_debut,
        destinataires.correspondant_id,
        types.type_code
    from {{ ref('int_messages_mss') }} as messages
    inner join {{ ref('int_messages_correspondants') }} as destinataires
        on
            messages.finess_ej = destinataires.finess_ej
            and messages.message_id = destinataires.message_id
    inner join {{ ref('types_documents') }} as types
        on
            messages.type_code_document = types.type_code
            and types.segur = 'oui'

),

correspondants_servis as (

    select distinct
        finess_ej,
        periode_debut,
        correspondant_id
    from types_recus

)

select
    correspondants.finess_ej,
    correspondants.periode_debut,
    correspondants.periode_fin,
    'TOUS' as axe,
    correspondants.correspondant_id as unite_id,
    correspondants_servis.correspondant_id is not null as au_numerateur
from correspondants
left join correspondants_servis
    on
        correspondants.finess_ej = correspondants_servis.finess_ej
        and correspondants.periode_debut = correspondants_servis.periode_debut
        and correspondants.correspondant_id = correspondants_servis.correspondant_id

union all

select
    correspondants.finess_ej,
    correspondants.periode_debut,
    correspondants.periode_fin,
    types_recus.type_code as axe,
    correspondants.correspondant_id as unite_id,
    true as au_numerateur
from correspondants
inner join types_recus
    on
        correspondants.finess_ej = types_recus.finess_ej
        and correspondants.periode_debut = types_recus.periode_debut
        and correspondants.correspondant_id = types_recus.correspondant_id
