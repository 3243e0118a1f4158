-- Whom each professional message reached: one row per sent PRO message and correspondant.
-- « It reaches the correspondant of its correspondant_id when filled, else every correspondant whose address it bears
-- (case-insensitive). »

with messages as (

    select
        finess_ej,
        message_id,
        adresse_destinataire,
        correspondant_id
    from {{ ref('int_messages_mss') }}
    where canal = 'PRO'

)

select
    finess_ej,
    message_id,
    correspondant_id
from messages
where correspondant_id is not null

union all

select
    messages.finess_ej,
    messages.message_id,
    correspondants.correspondant_id
from messages
inner join {{ ref('stg_gam__correspondants') }} as correspondants
    on
        messages.finess_ej = correspondants.finess_ej
        and messages.adresse_destinataire = lower(correspondants.adresse_mss)
where messages.correspondant_id is null
