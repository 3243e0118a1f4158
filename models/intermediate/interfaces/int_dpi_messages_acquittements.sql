-- One row per acknowledgement of a document sent (technical, DMP, MSSanté) and the message it answers: that of the same
-- sender and number nearest in time, each instant lasting as long as it is precise. The clocks of sender and platform may
-- differ: an answer may seem older than what it answers, by derive_horloge_heures at most.

with envois as (

    select
        finess_ej,
        emetteur,
        message_id,
        debut_utc,
        max_by(fin_utc, ordre) as fin_utc,
        max(ordre) as ordre
    from {{ ref('int_dpi_messages') }}
    where est_envoi
    group by finess_ej, emetteur, message_id, debut_utc

),

retours as (

    select *
    from {{ ref('int_dpi_messages') }}
    where effet like 'ACQUITTEMENT_%'

),

possibles as (

    select
        retours.ligne_source,
        envois.ordre as ordre_envoi,
        1 as preference,
        greatest(retours.debut_utc - envois.fin_utc, interval 0 second) as ecart
    from retours
    asof inner join envois
        on
            retours.finess_ej = envois.finess_ej
            and retours.destinataire = envois.emetteur
            and retours.acquitte_id = envois.message_id
            and retours.fin_utc > envois.debut_utc

    union all

    select
        retours.ligne_source,
        envois.ordre as ordre_envoi,
        2 as preference,
        envois.debut_utc - retours.fin_utc as ecart
    from retours
    asof inner join envois
        on
            retours.finess_ej = envois.finess_ej
            and retours.destinataire = envois.emetteur
            and retours.acquitte_id = envois.message_id
            and retours.fin_utc <= envois.debut_utc
    where envois.debut_utc - retours.fin_utc <= to_hours({{ var('derive_horloge_heures') }})

),

choisis as (

    select
        ligne_source,
        min_by(ordre_envoi, struct_pack(ecart := ecart, preference := preference)) as ordre_envoi
    from possibles
    group by ligne_source

)

select
    choisis.ordre_envoi,
    retours.ligne_source,
    retours.effet,
    retours.date_message,
    retours.debut_utc,
    retours.est_succes,
    retours.acquittement,
    retours.code_erreur,
    retours.adresse_acquittee,
    retours.personne_acquittee
from choisis
inner join retours
    on choisis.ligne_source = retours.ligne_source
