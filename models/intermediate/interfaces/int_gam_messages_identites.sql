-- One row per life of an identity that messages absorbed once: from date_debut (ordre_debut, among ADT messages) on, what
-- names it belongs to ipp_final. « A40 : fusion », « A47 : changement d'identifiant ». An identity lives again when A28
-- creates it or when it is the one that stays: a merge is undone, and of merges that contradict each other the last wins.

with absorptions as (

    select
        messages.finess_ej,
        absorptions.ipp_absorbe as ipp,
        absorptions.ipp_conserve,
        messages.ordre,
        messages.date_message,
        messages.ligne_source
    from {{ ref('stg_gam__hl7_absorptions') }} as absorptions
    inner join {{ ref('int_gam_messages') }} as messages
        on absorptions.ligne_source = messages.ligne_source

),

-- Who a message says is alive.
vivantes as (

    select
        finess_ej,
        ipp_message as ipp,
        ordre,
        date_message
    from {{ ref('int_gam_messages') }}
    where
        evenement = 'A28'
        or effet = 'DEPLACEMENT'

    union

    select
        finess_ej,
        ipp_conserve as ipp,
        ordre,
        date_message
    from absorptions

),

absorbees as (

    select distinct
        finess_ej,
        ipp
    from absorptions

),

evenements as (

    select
        finess_ej,
        ipp,
        ordre,
        date_message,
        false as est_vivante
    from absorptions

    union all

    select
        vivantes.finess_ej,
        vivantes.ipp,
        vivantes.ordre,
        vivantes.date_message,
        true as est_vivante
    from vivantes
    inner join absorbees
        on
            vivantes.finess_ej = absorbees.finess_ej
            and vivantes.ipp = absorbees.ipp

),

enchaines as (

    select
        *,
        coalesce(
            est_vivante and not lag(est_vivante) over (partition by finess_ej, ipp order by ordre), false
        ) as commence_une_vie
    from evenements

),

numerotes as (

    select
        *,
        count(*) filter (where commence_une_vie) over (partition by finess_ej, ipp order by ordre) as vie
    from enchaines

),

vies as (

    select
        finess_ej,
        ipp,
        vie,
        case when vie = 0 then 0 else min(ordre) end as ordre_debut,
        case when vie = 0 then timestamp '0001-01-01' else min(date_message) end as date_debut
    from numerotes
    group by finess_ej, ipp, vie

),

-- The last absorption of a life says where it went.
liens as (

    select
        absorptions.finess_ej,
        quittees.ipp,
        quittees.vie,
        quittees.vie || '|' || quittees.ipp as quittee,
        max_by(coalesce(conservees.vie, 0) || '|' || absorptions.ipp_conserve, absorptions.ordre) as conservee,
        max(absorptions.date_message) as date_absorption,
        max_by(absorptions.ligne_source, absorptions.ordre) as ligne_source
    from absorptions
    inner join numerotes as quittees
        on
            absorptions.finess_ej = quittees.finess_ej
            and absorptions.ipp = quittees.ipp
            and absorptions.ordre = quittees.ordre
    left join numerotes as conservees
        on
            absorptions.finess_ej = conservees.finess_ej
            and absorptions.ipp_conserve = conservees.ipp
            and absorptions.ordre = conservees.ordre
    group by absorptions.finess_ej, quittees.ipp, quittees.vie

),

fins as (

    select * from {{ chaine('liens', 'quittee', 'conservee') }}

)

select
    vies.finess_ej,
    vies.ipp,
    vies.ordre_debut,
    vies.date_debut,
    coalesce(
        lead(vies.ordre_debut) over (partition by vies.finess_ej, vies.ipp order by vies.vie), 9223372036854775807
    ) as ordre_fin,
    coalesce(
        lead(vies.date_debut) over (partition by vies.finess_ej, vies.ipp order by vies.vie), timestamp '9999-12-31'
    ) as date_fin,
    coalesce(regexp_replace(fins.racine, '^[0-9]+[|]', ''), vies.ipp) as ipp_final,
    liens.date_absorption,
    liens.ligne_source
from vies
left join fins
    on
        vies.finess_ej = fins.finess_ej
        and vies.vie || '|' || vies.ipp = fins.depart
left join liens
    on
        vies.finess_ej = liens.finess_ej
        and vies.ipp = liens.ipp
        and vies.vie = liens.vie
