{{ config(materialized='ephemeral') }}

-- One row per (venue, professional, role): the ROL segments of the last message of the venue that carries some.

with derniers as (

    select
        finess_ej,
        iep,
        max_by(intervenants, ordre) as intervenants,
        max(date_message) as date_source,
        max_by(ligne_source, ordre) as ligne_source
    from {{ ref('stg_gam__messages') }}
    where
        retenu
        and iep is not null
        and a_des_intervenants
    group by finess_ej, iep

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
