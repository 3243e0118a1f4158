{{ config(materialized='view') }}

-- One row per identity named by ADT messages, as its last message leaves it; an identity that A40 absorbed is removed.

with identites as (

    select
        messages.finess_ej,
        messages.ipp_message as ipp,
        messages.ordre,
        messages.ligne_source,
        messages.date_message,
        messages.ins_matricule,
        messages.ins_oid,
        messages.date_naissance,
        case messages.sexe when 'M' then 'M' when 'F' then 'F' when 'U' then 'I' end as sexe,
        messages.identite_douteuse,
        messages.identite_fictive,
        -- « INS only if qualified: PID-32 = VALI »: whatever else PID-32 says ends the validation. PROV is provisional or
        -- récupérée: the message does not tell. A message without PID-32 leaves the identity as it was.
        case
            when messages.identite_validee and messages.ins_matricule is not null then 'QUALIFIEE'
            when messages.identite_validee then 'VALIDEE'
            when messages.fiabilite_dite then 'PROVISOIRE'
        end as statut_identite,
        messages.retire_un_ins
    from {{ ref('int_gam_messages') }} as messages
    left join {{ ref('int_gam_messages_identites') }} as absorptions
        on
            messages.finess_ej = absorptions.finess_ej
            and messages.ipp_message = absorptions.ipp
            and messages.ordre >= absorptions.ordre_debut
            and messages.ordre < absorptions.ordre_fin
    where
        messages.type_message = 'ADT'
        and (messages.date_naissance is not null or messages.naissance_illisible)
        and coalesce(absorptions.ipp_final, messages.ipp_message) = messages.ipp_message

),

dernieres as (

    select
        finess_ej,
        ipp,
        max(date_message) as date_source,
        max_by(ligne_source, ordre) as ligne_source,
        max_by(date_naissance, ordre) filter (where date_naissance is not null) as date_naissance,
        max_by(sexe, ordre) filter (where sexe is not null) as sexe,
        -- What the last message with a word of PID-32 says, the INS included, which it may not give.
        max_by(statut_identite, ordre) filter (where statut_identite is not null) as statut_identite,
        max_by(identite_douteuse, ordre) filter (where statut_identite is not null) as identite_douteuse,
        max_by(identite_fictive, ordre) filter (where statut_identite is not null) as identite_fictive,
        nullif(
            max_by(
                case when statut_identite = 'QUALIFIEE' then ins_matricule else '' end, ordre
            ) filter (where statut_identite is not null), ''
        ) as ins_matricule,
        nullif(
            max_by(
                case when statut_identite = 'QUALIFIEE' then ins_oid else '' end, ordre
            ) filter (where statut_identite is not null), ''
        ) as ins_oid,
        -- An INS taken back without a word of PID-32 leaves the rest of the identity as it was.
        coalesce(
            max(ordre) filter (where retire_un_ins and statut_identite is null)
            > max(ordre) filter (where statut_identite is not null), false
        ) as ins_retire
    from identites
    group by finess_ej, ipp

),

absorbees as (

    select
        finess_ej,
        ipp,
        date_absorption as date_source,
        ligne_source
    from {{ ref('int_gam_messages_identites') }}
    where
        date_fin = timestamp '9999-12-31'
        and ipp_final <> ipp

)

select
    finess_ej,
    ipp,
    case when not ins_retire then ins_matricule end as ins_matricule,
    case when not ins_retire then ins_oid end as ins_oid,
    case
        when ins_retire and statut_identite = 'QUALIFIEE' then 'VALIDEE'
        else coalesce(statut_identite, 'PROVISOIRE')
    end as statut_identite,
    coalesce(identite_douteuse, false) as identite_douteuse,
    coalesce(identite_fictive, false) as identite_fictive,
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
    cast(null as string) as ins_matricule,
    cast(null as string) as ins_oid,
    cast(null as string) as statut_identite,
    cast(null as boolean) as identite_douteuse,
    cast(null as boolean) as identite_fictive,
    cast(null as date) as date_naissance,
    cast(null as string) as sexe,
    date_source,
    ligne_source,
    true as supprime
from absorbees
