-- Correspondants extérieurs et équipés d'une adresse MSSanté, liés à une venue que le mois rencontre : une ligne par
-- correspondant, mois et champ de ces venues. Chaque indicateur dit quels champs il compte.
-- Guide oSIS IFAQ 2023, fiche D6.3I : correspondants « extérieurs à la structure » ; celui dont l'export ne dit rien l'est.

select distinct
    correspondants.finess_ej,
    correspondants.correspondant_id,
    venues.champ,
    venues.periode_debut,
    venues.periode_fin
from {{ ref('stg_gam__correspondants') }} as correspondants
inner join {{ ref('int_gam_venues_correspondants') }} as liens
    on
        correspondants.finess_ej = liens.finess_ej
        and correspondants.correspondant_id = liens.correspondant_id
inner join {{ ref('int_venues_mois') }} as venues
    on
        liens.finess_ej = venues.finess_ej
        and liens.iep = venues.iep
where
    correspondants.adresse_mss is not null
    and correspondants.interne is distinct from true
