{{ config(materialized='ephemeral') }}

-- One row per (venue, professional, role): the ROL segments of the last message of the venue that carries some.

with derniers as (

    select
        messages.finess_ej,
        coalesce(mouvements.iep, messages.iep) as iep,
        max_by(messages.intervenants, messages.ordre) as intervenants,
        max(messages.date_message) as date_source,
        max_by(messages.ligne_source, messages.ordre) as ligne_source
    from {{ ref('int_gam_messages') }} as messages
    left join {{ ref('int_gam_messages_mouvements') }} as mouvements
        on messages.ligne_source = mouvements.ligne_source
    where
        messages.retenu
        and messages.iep is not null
        and messages.a_des_intervenants
    group by messages.finess_ej, coalesce(mouvements.iep, messages.iep)

),

intervenants as (

    select
        finess_ej,
        iep,
        unnest(intervenants) as intervenant,
        date_source,
        ligne_source
    from derniers

)

select distinct
    intervenants.finess_ej,
    intervenants.iep,
    intervenants.intervenant.correspondant_id as correspondant_id,
    roles.role,
    intervenants.date_source,
    intervenants.ligne_source,
    false as supprime
from intervenants
inner join {{ ref('roles_correspondants') }} as roles
    on intervenants.intervenant.code_role = roles.code_role
