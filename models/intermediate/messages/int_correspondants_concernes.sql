-- The correspondants of a month: one row per correspondant with an MSSanté address and month in which a patient
-- to whom he is linked was received, passages in URGENCES apart. External consultations are venues of a patient too.
-- Guide oSIS IFAQ, fiche D6.3I: « correspondants équipés d'une MS Santé concernés par la venue d'un patient ».

select distinct
    correspondants.finess_ej,
    correspondants.correspondant_id,
    venues.periode_debut,
    venues.periode_fin
from {{ ref('stg_gam__correspondants') }} as correspondants
inner join {{ ref('stg_gam__venues_correspondants') }} as liens
    on
        correspondants.finess_ej = liens.finess_ej
        and correspondants.correspondant_id = liens.correspondant_id
inner join {{ ref('int_venues_mois') }} as venues
    on
        liens.finess_ej = venues.finess_ej
        and liens.iep = venues.iep
where
    correspondants.adresse_mss is not null
    and venues.champ <> 'URGENCES'
