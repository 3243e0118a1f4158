{{ config(materialized='ephemeral') }}

-- One row per identity named by ADT messages, as its last message leaves it; an identity that A40 absorbed is removed.

with identites as (

    select
        finess_ej,
        ipp,
        ordre,
        ligne_source,
        date_message,
        ins_matricule,
        ins_oid,
        date_naissance,
        case sexe when 'M' then 'M' when 'F' then 'F' when 'U' then 'I' end as sexe,
        fiabilites,
        -- « INS only if qualified: PID-32 = VALI ». PROV is provisional or récupérée: the message does not tell.
        case
            when list_contains(fiabilites, 'VALI') and ins_matricule is not null then 'QUALIFIEE'
            when list_contains(fiabilites, 'VALI') then 'VALIDEE'
            when list_contains(fiabilites, 'PROV') then 'PROVISOIRE'
        end as statut_identite
    from {{ ref('stg_gam__messages') }}
    where
        retenu
        and type_message = 'ADT'
        and date_naissance is not null
        and ipp = ipp_message

),

dernieres as (

    select
        finess_ej,
        ipp,
        max(date_message) as date_source,
        max_by(ligne_source, ordre) as ligne_source,
        max_by(date_naissance, ordre) as date_naissance,
        max_by(sexe, ordre) as sexe,
        max_by(
            struct_pack(
                statut := statut_identite, fiabilites := fiabilites,
                matricule := case when statut_identite = 'QUALIFIEE' then ins_matricule end,
                oid := case when statut_identite = 'QUALIFIEE' then ins_oid end
            ),
            ordre
        ) filter (where statut_identite is not null) as identite
    from identites
    group by finess_ej, ipp

),

absorbees as (

    select
        finess_ej,
        ipp_absorbe as ipp,
        max(date_message) as date_source,
        max_by(ligne_source, ordre) as ligne_source
    from {{ ref('stg_gam__messages') }}
    where
        retenu
        and effet = 'FUSION'
        and ipp_absorbe <> ipp
    group by finess_ej, ipp_absorbe

)

select
    finess_ej,
    ipp,
    identite.matricule as ins_matricule,
    identite.oid as ins_oid,
    coalesce(identite.statut, 'PROVISOIRE') as statut_identite,
    coalesce(list_contains(identite.fiabilites, 'DOUT'), false) as identite_douteuse,
    coalesce(list_contains(identite.fiabilites, 'FICT'), false) as identite_fictive,
    date_naissance,
    sexe,
    date_source,
    ligne_source,
    false as supprime
from dernieres

union all

select
    finess_ej,
    ipp,
    cast(null as varchar) as ins_matricule,
    cast(null as varchar) as ins_oid,
    cast(null as varchar) as statut_identite,
    cast(null as boolean) as identite_douteuse,
    cast(null as boolean) as identite_fictive,
    cast(null as date) as date_naissance,
    cast(null as varchar) as sexe,
    date_source,
    ligne_source,
    true as supprime
from absorbees
