-- SV2.ALIM.HISTORIQUE — documents historiques transmis au DMP.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Alimentation DMP » : documents de venues antérieures qui n'ont pas été
-- alimentés à l'époque et le sont en reprise, de cinq ans au plus quand ils le sont.
-- Un document par ligne : alimenté dans le mois en « reprise d'historique » et encore dans le DMP, avec son type pour axe.

select distinct
    alimentations.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    alimentations.type_code_document as axe,
    alimentations.set_id as unite_id,
    true as au_numerateur
from {{ ref('int_alimentations') }} as alimentations
inner join {{ ref('types_documents') }} as types
    on
        alimentations.type_code_document = types.type_code
        and types.segur = 'oui'
inner join {{ ref('int_periodes') }} as mois
    on
        alimentations.finess_ej = mois.finess_ej
        and alimentations.mois = mois.periode_debut
        and mois.nature = 'mois'
where
    alimentations.reprise_historique
    and not alimentations.est_retire
    and alimentations.date_creation
    >= {{ date_plus_mois('alimentations.date_envoi', var('historique_profondeur_ans') * -12) }}
