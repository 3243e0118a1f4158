{{ config(materialized='ephemeral') }}

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
        *,
        list_filter(
            destinataires,
            lambda d: (d.canal = 'PRO' and vers_mss_pro) or (d.canal = 'CITOYENNE' and vers_mss_citoyenne)
        )
        -- The platform makes the patient's address from the INS when the message names none.
        || case
            when vers_mss_citoyenne and not list_contains(list_transform(destinataires, lambda d: d.canal), 'CITOYENNE')
                then [struct_pack(
                    canal := 'CITOYENNE', adresse := cast(null as varchar), correspondant_id := cast(null as varchar)
                )]
            else []
        end as destinataires_atteints
    from envois

),

deplies as (

    select
        *,
        unnest(destinataires_atteints) as destinataire,
        generate_subscripts(destinataires_atteints, 1) as rang_destinataire
    from destinataires

),

remis as (

    select
        *,
        list_filter(remises, lambda r: case
            when destinataire.canal = 'CITOYENNE' then ends_with(r.adresse, '@patient.mssante.fr')
            else r.adresse = destinataire.adresse or r.adresse is null and r.personne = destinataire.correspondant_id
        end) as reponses,
        row_number() over (
            partition by finess_ej, transmission_id, rang_destinataire order by ordre desc
        ) as rang_message
    from deplies

)

select
    finess_ej,
    transmission_id || '|' || cast(rang_destinataire as varchar) as message_id,
    document_id,
    ipp,
    iep,
    destinataire.canal as canal,
    case when destinataire.canal = 'PRO' then destinataire.adresse end as adresse_destinataire,
    case when destinataire.canal = 'PRO' then destinataire.correspondant_id end as correspondant_id,
    case when est_cda and destinataire.canal = 'PRO' then true end as enveloppe_xdm,
    date_message as date_envoi,
    case
        when list_contains(list_transform(reponses, lambda r: r.est_succes), true) then 'REUSSI'
        when len(reponses) > 0 or est_refuse then 'ECHEC'
        else 'INCONNU'
    end as statut,
    case
        when list_contains(list_transform(reponses, lambda r: r.est_succes), true) then null
        when len(reponses) > 0 then reponses[1].code_erreur
        when est_refuse then code_refus
    end as code_erreur,
    date_message as date_source,
    ligne_source,
    false as supprime
from remis
where rang_message = 1
