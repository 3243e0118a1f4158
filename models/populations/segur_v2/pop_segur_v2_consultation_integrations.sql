-- SV2.CONS.INTEGRES — documents téléchargés puis intégrés au DPI.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Consultation DMP »: storing the document is a medical decision taken after
-- it was read; the establishment needs both figures, national statistics follow the downloads.
-- One row per download that was stored, and axe.

select
    finess_ej,
    periode_debut,
    periode_fin,
    axe,
    unite_id,
    true as au_numerateur
from {{ ref('pop_segur_v2_consultation_telechargements') }}
where integre_dpi
