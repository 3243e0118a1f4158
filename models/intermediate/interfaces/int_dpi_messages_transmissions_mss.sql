{{ config(materialized='view') }}

-- One row per (message, recipient) sent by MSSanté: the destinations of the message say which recipients it reaches,
-- the Z02 of each whether it got there. The address of a patient holds the INS and is not kept.

with envois as (

    select *
    from {{ ref('int_dpi_messages_documents') }}
    where
        rejet is null
        and operation <> 'SUPPRESSION'
        and (vers_mss_pro or vers_mss_citoyenne)

),

destinataires as (

    select
        ligne_source,
        ordre,
        canal,
        adresse,
        correspondant_id
    from {{ ref('stg_dpi__hl7_destinataires') }}

    union all

    -- The platform makes the patient's address from the INS when the message names none.
    select
        messages.ligne_source,
        2147483647 as ordre,
        'CITOYENNE' as canal,
        cast(null as string) as adresse,
        cast(null as string) as correspondant_id
    from {{ ref('int_dpi_messages') }} as messages
    where
        messages.vers_mss_citoyenne
        and not exists (
            select 1
            from {{ ref('stg_dpi__hl7_destinataires') }} as nommes
            where
                messages.ligne_source = nommes.ligne_source
                and nommes.canal = 'CITOYENNE'
        )

),

atteints as (

    select
        messages.finess_ej,
        messages.ligne_source,
        messages.ordre,
        destinataires.canal,
        destinataires.adresse,
        destinataires.correspondant_id,
        row_number() over (partition by messages.ligne_source order by destinataires.ordre) as rang_destinataire
    from {{ ref('int_dpi_messages') }} as messages
    inner join destinataires
        on messages.ligne_source = destinataires.ligne_source
    where
        destinataires.canal = 'PRO' and messages.vers_mss_pro
        or destinataires.canal = 'CITOYENNE' and messages.vers_mss_citoyenne

),

remises as (

    select
        atteints.ligne_source,
        atteints.rang_destinataire,
        bool_or(reponses.est_succes) as est_reussie,
        min_by(reponses.code_erreur, reponses.ordre_reponse) filter (where reponses.code_erreur is not null) as code_erreur
    from atteints
    inner join {{ ref('int_dpi_messages_acquittements') }} as reponses
        on
            atteints.finess_ej = reponses.finess_ej
            and atteints.ordre = reponses.ordre_envoi
            and reponses.effet = 'ACQUITTEMENT_MSS'
            and case
                when atteints.canal = 'CITOYENNE' then reponses.adresse_acquittee like '%@patient.mssante.fr'
                when reponses.adresse_acquittee is null then atteints.correspondant_id = reponses.personne_acquittee
                else atteints.adresse = reponses.adresse_acquittee
            end
    group by atteints.ligne_source, atteints.rang_destinataire

),

remis as (

    select
        envois.*,
        atteints.canal,
        atteints.adresse,
        atteints.correspondant_id,
        atteints.rang_destinataire,
        remises.est_reussie,
        case
            when remises.est_reussie then null
            when remises.ligne_source is not null then remises.code_erreur
            when envois.est_refuse then envois.code_refus
        end as code_erreur,
        row_number() over (
            partition by envois.finess_ej, envois.transmission_id, atteints.rang_destinataire order by envois.ordre desc
        ) as rang_message
    from envois
    inner join atteints
        on envois.ligne_source = atteints.ligne_source
    left join remises
        on
            atteints.ligne_source = remises.ligne_source
            and atteints.rang_destinataire = remises.rang_destinataire

)

select
    finess_ej,
    transmission_id || '|' || cast(rang_destinataire as string) as message_id,
    document_id,
    ipp,
    iep,
    canal,
    case when canal = 'PRO' then adresse end as adresse_destinataire,
    case when canal = 'PRO' then correspondant_id end as correspondant_id,
    case when est_cda and canal = 'PRO' then true end as enveloppe_xdm,
    date_message as date_envoi,
    case
        when est_reussie then 'REUSSI'
        when not est_reussie or est_refuse then 'ECHEC'
        else 'INCONNU'
    end as statut,
    code_erreur,
    date_message as date_source,
    ligne_source,
    false as supprime
from remis
where rang_message = 1
