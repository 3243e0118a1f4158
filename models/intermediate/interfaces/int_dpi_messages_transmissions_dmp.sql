{{ config(materialized='view') }}

-- One row per message sent to the DMP (DESTDMP = Y), with what the Z01 said: REUSSI, ECHEC, else INCONNU.

with rangs as (

    select
        *,
        row_number() over (partition by finess_ej, transmission_id order by ordre desc) as rang
    from {{ ref('int_dpi_messages_documents') }}
    where
        rejet is null
        and vers_dmp

)

select
    finess_ej,
    transmission_id,
    document_id,
    lot_id,
    date_message as date_envoi,
    operation,
    statut_dmp as statut,
    false as reprise_historique,
    code_erreur_dmp as code_erreur,
    date_message as date_source,
    ligne_source,
    false as supprime
from rangs
where rang = 1
