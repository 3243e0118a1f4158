-- SV2.MSS.SEJOURS, SV2.MSS.CIT_SEJOURS — séjours clôturés avec un document envoyé par MSSanté, à un professionnel ou au
-- patient.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « MSSanté » : parmi les séjours clos dans le mois, ceux dont un document du type
-- a été envoyé avec succès par le canal, quelle que soit la date. Un message est du séjour de sa venue, à défaut de celle de
-- son document.
-- Un séjour par ligne et par indicateur avec axe = 'TOUS', et une ligne de plus par type de la liste Ségur envoyé.

with sejours_clos as (

    select
        sejour_id,
        finess_ej,
        periode_debut,
        periode_fin
    from {{ ref('int_sejours_clos') }}
    where nature = 'mois'

),

canaux as (

    select
        'SV2.MSS.SEJOURS' as indicateur,
        'PRO' as canal

    union all

    select
        'SV2.MSS.CIT_SEJOURS' as indicateur,
        'CITOYENNE' as canal

),

types_envoyes as (

    select distinct
        canaux.indicateur,
        rattachements.sejour_id,
        types.type_code
    from {{ ref('int_messages_mss') }} as messages
    inner join canaux
        on messages.canal = canaux.canal
    inner join {{ ref('types_documents') }} as types
        on
            messages.type_code_document = types.type_code
            and types.segur = 'oui'
    inner join {{ ref('int_sejours_venues') }} as rattachements
        on
            messages.finess_ej = rattachements.finess_ej
            and coalesce(messages.iep, messages.iep_document) = rattachements.iep

),

sejours_avec_envoi as (

    select distinct
        indicateur,
        sejour_id
    from types_envoyes

)

select
    canaux.indicateur,
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    sejours_avec_envoi.sejour_id is not null as au_numerateur
from sejours_clos
cross join canaux
left join sejours_avec_envoi
    on
        canaux.indicateur = sejours_avec_envoi.indicateur
        and sejours_clos.sejour_id = sejours_avec_envoi.sejour_id

union all

select
    types_envoyes.indicateur,
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    types_envoyes.type_code as axe,
    sejours_clos.sejour_id as unite_id,
    true as au_numerateur
from sejours_clos
inner join types_envoyes
    on sejours_clos.sejour_id = types_envoyes.sejour_id
