-- SV2.CONS.INTEGRES — documents téléchargés puis intégrés au DPI.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Consultation DMP » : garder le document est une décision médicale, prise après
-- lecture ; l'établissement a besoin des deux chiffres, le suivi national porte sur les téléchargements.
-- Un téléchargement intégré par ligne et par axe.

select
    finess_ej,
    periode_debut,
    periode_fin,
    axe,
    unite_id,
    true as au_numerateur
from {{ ref('pop_segur_v2_consultation_telechargements') }}
where integre_dpi
