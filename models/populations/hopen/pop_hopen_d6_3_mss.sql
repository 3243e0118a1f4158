-- D6.3 — courriers transmis par MSSanté aux correspondants équipés.
-- Guide HOP'EN, § 3.6, fiche D6.3 : parmi les courriers et comptes rendus des trois mois adressés à un correspondant doté d'une
-- adresse MSSanté, ceux qu'un message professionnel lui a portés, dans l'une quelconque de leurs versions.
-- Un document par ligne et par trimestre glissant.

with courriers as (

    select
        documents.finess_ej,
        documents.set_id,
        documents.correspondant_id,
        documents.date_creation
    from {{ ref('int_documents') }} as documents
    inner join {{ ref('stg_gam__correspondants') }} as correspondants
        on
            documents.finess_ej = correspondants.finess_ej
            and documents.correspondant_id = correspondants.correspondant_id
            and correspondants.adresse_mss is not null

),

courriers_transmis as (

    select
        messages.finess_ej,
        messages.set_id,
        destinataires.correspondant_id,
        min(messages.date_envoi) as date_envoi
    from {{ ref('int_messages_mss') }} as messages
    inner join {{ ref('int_messages_correspondants') }} as destinataires
        on
            messages.finess_ej = destinataires.finess_ej
            and messages.message_id = destinataires.message_id
    group by messages.finess_ej, messages.set_id, destinataires.correspondant_id

)

select
    courriers.finess_ej,
    trimestres.periode_debut,
    trimestres.periode_fin,
    'TOUS' as axe,
    courriers.set_id as unite_id,
    courriers_transmis.set_id is not null as au_numerateur,
    courriers_transmis.date_envoi
from courriers
inner join {{ ref('int_periodes') }} as trimestres
    on
        courriers.finess_ej = trimestres.finess_ej
        and courriers.date_creation between trimestres.periode_debut and trimestres.periode_fin
        and trimestres.nature = 'trimestre_glissant'
left join courriers_transmis
    on
        courriers.finess_ej = courriers_transmis.finess_ej
        and courriers.set_id = courriers_transmis.set_id
        and courriers.correspondant_id = courriers_transmis.correspondant_id
