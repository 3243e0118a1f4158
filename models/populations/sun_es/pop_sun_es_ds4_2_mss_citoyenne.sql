-- DS4.2 — envoi de messages aux patients par MSSanté citoyenne.
-- Guide SUN-ES (ARS), volet 2 : parmi les séjours clos dans le mois, ceux pour lesquels un message a été envoyé au patient, avec
-- ou sans document, quelle que soit sa date. Le message est du séjour de la venue qu'il nomme, à défaut de celle du document
-- qu'il porte.
-- Un séjour par ligne, que le patient ait un DMP ou non.

with sejours_clos as (

    select
        sejour_id,
        finess_ej,
        periode_debut,
        periode_fin
    from {{ ref('int_sejours_clos') }}
    where
        nature = 'mois'
        and retenu

),

sejours_avec_message as (

    select distinct rattachements.sejour_id
    from {{ ref('int_messages_mss') }} as messages
    inner join {{ ref('int_sejours_venues') }} as rattachements
        on
            messages.finess_ej = rattachements.finess_ej
            and coalesce(messages.iep, messages.iep_document) = rattachements.iep
    where messages.canal = 'CITOYENNE'

)

select
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    sejours_avec_message.sejour_id is not null as au_numerateur
from sejours_clos
left join sejours_avec_message
    on sejours_clos.sejour_id = sejours_avec_message.sejour_id
