-- DS4.1 — envoi de documents aux correspondants par MSSanté professionnelle.
-- Guide SUN-ES (ARS), volet 2: of the correspondants with an MSSanté address concerned by the venue of a patient in the
-- month (those of IFAQ D6.3I), those who received that month a document in CDA R2, N1 or N3, with a qualified INS.
-- One row per correspondant and month.

with correspondants_atteints as (

    select distinct
        messages.finess_ej,
        messages.periode_debut,
        destinataires.correspondant_id
    from {{ ref('int_messages_mss') }} as messages
    inner join {{ ref('int_messages_correspondants') }} as destinataires
        on
            messages.finess_ej = destinataires.finess_ej
            and messages.message_id = destinataires.message_id
    where
        messages.niveau_cda in ('N1', 'N3')
        and messages.ins_qualifiee

)

select
    concernes.finess_ej,
    concernes.periode_debut,
    concernes.periode_fin,
    'TOUS' as axe,
    concernes.correspondant_id as unite_id,
    correspondants_atteints.correspondant_id is not null as au_numerateur
from {{ ref('int_correspondants_concernes') }} as concernes
left join correspondants_atteints
    on
        concernes.finess_ej = correspondants_atteints.finess_ej
        and concernes.correspondant_id = correspondants_atteints.correspondant_id
        and concernes.periode_debut = correspondants_atteints.periode_debut
