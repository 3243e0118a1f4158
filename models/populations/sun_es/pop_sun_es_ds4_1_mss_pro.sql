-- DS4.1 — envoi de documents aux correspondants par MSSanté professionnelle.
-- Guide SUN-ES (ARS), volet 2 : parmi les correspondants extérieurs dotés d'une adresse MSSanté et concernés dans le mois par
-- la venue d'un patient, urgences exclues, ceux qui ont reçu dans le mois un document en CDA R2, N1 ou N3, d'INS qualifiée.
-- Un correspondant par ligne et par mois.

with concernes as (

    select distinct
        finess_ej,
        correspondant_id,
        periode_debut,
        periode_fin
    from {{ ref('int_correspondants_concernes') }}
    where champ <> 'URGENCES'

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
from concernes
left join correspondants_atteints
    on
        concernes.finess_ej = correspondants_atteints.finess_ej
        and concernes.correspondant_id = correspondants_atteints.correspondant_id
        and concernes.periode_debut = correspondants_atteints.periode_debut
