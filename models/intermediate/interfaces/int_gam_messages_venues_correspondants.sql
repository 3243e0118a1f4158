{{ config(materialized='view') }}

-- One row per (venue, professional, role): the ROL segments of the last message of the venue that carries some.

with derniers as (

    select
        messages.finess_ej,
        coalesce(mouvements.iep, messages.iep) as iep,
        max(messages.date_message) as date_source,
        max_by(messages.ligne_source, messages.ordre) as ligne_source
    from {{ ref('int_gam_messages') }} as messages
    left join {{ ref('int_gam_messages_mouvements') }} as mouvements
        on messages.ligne_source = mouvements.ligne_source
    where
        messages.iep is not null
        and messages.a_des_intervenants
    group by messages.finess_ej, coalesce(mouvements.iep, messages.iep)

)

select distinct
    derniers.finess_ej,
    derniers.iep,
    intervenants.correspondant_id,
    roles.role,
    derniers.date_source,
    derniers.ligne_source,
    false as supprime
from derniers
inner join {{ ref('stg_gam__hl7_intervenants') }} as intervenants
    on derniers.ligne_source = intervenants.ligne_source
inner join {{ ref('roles_correspondants') }} as roles
    on intervenants.code_role = roles.code_role
