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

-- Of the same instant, the answer comes first: it answers what begins before it ends.
suite as (

    select
        finess_ej,
        emetteur,
        message_id,
        debut_utc as instant,
        debut_utc as debut_envoi,
        cast(null as bigint) as retour
    from envois

    union all

    select
        finess_ej,
        destinataire as emetteur,
        acquitte_id as message_id,
        fin_utc as instant,
        cast(null as timestamp) as debut_envoi,
        ligne_source as retour
    from retours

),

voisins as (

    select
        finess_ej,
        emetteur,
        message_id,
        retour,
        max(debut_envoi) over (
            partition by finess_ej, emetteur, message_id
            order by instant, coalesce(retour, 9223372036854775807)
            rows between unbounded preceding and current row
        ) as debut_du_precedent,
        min(debut_envoi) over (
            partition by finess_ej, emetteur, message_id
            order by instant, coalesce(retour, 9223372036854775807)
            rows between current row and unbounded following
        ) as debut_du_suivant
    from suite

),

ecarts as (

    select
        retours.ligne_source,
        precedents.ordre as ordre_precedent,
        suivants.ordre as ordre_suivant,
        greatest({{ secondes_entre('precedents.fin_utc', 'retours.debut_utc') }}, 0) as ecart_precedent,
        {{ secondes_entre('retours.fin_utc', 'suivants.debut_utc') }} as ecart_suivant
    from retours
    inner join voisins
        on retours.ligne_source = voisins.retour
    left join envois as precedents
        on
            voisins.finess_ej = precedents.finess_ej
            and voisins.emetteur = precedents.emetteur
            and voisins.message_id = precedents.message_id
            and voisins.debut_du_precedent = precedents.debut_utc
    left join envois as suivants
        on
            voisins.finess_ej = suivants.finess_ej
            and voisins.emetteur = suivants.emetteur
            and voisins.message_id = suivants.message_id
            and voisins.debut_du_suivant = suivants.debut_utc

),

choisis as (

    select
        ligne_source,
        case
            when
                ecart_suivant <= 3600 * {{ var('derive_horloge_heures') }}
                and (ordre_precedent is null or ecart_suivant < ecart_precedent)
                then ordre_suivant
            else ordre_precedent
        end as ordre_envoi
    from ecarts

)

select
    retours.finess_ej,
    choisis.ordre_envoi,
    retours.ligne_source,
    retours.effet,
    retours.date_message,
    -- Of the same instant, the line read last is the last answer.
    row_number() over (partition by retours.finess_ej order by retours.debut_utc, retours.ligne_source) as ordre_reponse,
    retours.est_succes,
    retours.acquittement,
    retours.code_erreur,
    retours.adresse_acquittee,
    retours.personne_acquittee
from choisis
inner join retours
    on choisis.ligne_source = retours.ligne_source
where choisis.ordre_envoi is not null
