-- SV2.CONS.TELECHARGEMENTS — documents téléchargés depuis le DMP.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Consultation DMP » : ce qui compte est le téléchargement lui-même, transaction
-- TD3.2, que le document soit ou non intégré ensuite au DPI.
-- Un téléchargement par ligne avec axe = 'TOUS', et une ligne de plus avec son type quand il est connu.

select
    telechargements.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    'TOUS' as axe,
    telechargements.transaction_id as unite_id,
    true as au_numerateur,
    telechargements.integre_dpi
from {{ ref('int_telechargements_dmp') }} as telechargements
inner join {{ ref('int_periodes') }} as mois
    on
        telechargements.finess_ej = mois.finess_ej
        and telechargements.date_telechargement between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'

union all

select
    telechargements.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    types.type_code as axe,
    telechargements.transaction_id as unite_id,
    true as au_numerateur,
    telechargements.integre_dpi
from {{ ref('int_telechargements_dmp') }} as telechargements
inner join {{ ref('types_documents') }} as types
    on telechargements.type_code = types.type_code
inner join {{ ref('int_periodes') }} as mois
    on
        telechargements.finess_ej = mois.finess_ej
        and telechargements.date_telechargement between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
