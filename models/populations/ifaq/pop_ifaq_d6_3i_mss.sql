-- D6.3I — correspondants équipés MSSanté ayant reçu au moins un document.
-- Guide oSIS IFAQ 2023, § 2 et fiche D6.3I : parmi les correspondants extérieurs, dotés d'une adresse MSSanté et concernés dans
-- le mois par la venue d'un patient, ceux auxquels un document a été envoyé dans le mois par MSSanté professionnelle. La venue
-- s'entend d'un séjour de MCO, de SMR ou de HAD, séances comprises ; la psychiatrie n'est pas concernée.
-- Un correspondant par ligne et par mois.
-- Lecture ifaq_venues : les venues de séjour (sejours), ou aussi les consultations externes (toutes).

with concernes as (

    select distinct
        finess_ej,
        correspondant_id,
        periode_debut,
        periode_fin
    from {{ ref('int_correspondants_concernes') }}
    where
        champ in ('MCO', 'SMR', 'HAD')
        or '{{ var("ifaq_venues") }}' = 'toutes' and champ = 'EXTERNE'

),

correspondants_atteints as (

    select distinct
        messages.finess_ej,
        messages.periode_debut,
        destinataires.correspondant_id
    from {{ ref('int_messages_mss') }} as messages
    inner join {{ ref('int_messages_correspondants') }} as destinataires
        on
            messages.finess_ej = destinataires.finess_ej
            and messages.message_id = destinataires.message_id
    where messages.porte_un_document

)

select
    concernes.finess_ej,
    concernes.periode_debut,
    concernes.periode_fin,
    'TOUS' as axe,
    concernes.correspondant_id as unite_id,
    correspondants_atteints.correspondant_id is not null as au_numerateur
from concernes
left join correspondants_atteints
    on
        concernes.finess_ej = correspondants_atteints.finess_ej
        and concernes.correspondant_id = correspondants_atteints.correspondant_id
        and concernes.periode_debut = correspondants_atteints.periode_debut
