-- objet: intermediaire.int_venues
-- dimension: completude
-- severite: bloquante
-- titre: Établissement qui envoie des fichiers et n’a aucune venue
-- explication: Sans venue, ni période ni dénominateur n’existe : tous les indicateurs de l’établissement
--   disparaîtraient de la publication.
-- remede: Vérifier l’export des venues (gam/venues) ou les fichiers PMSI de l’établissement.
with etablissements_actifs as (

    select distinct finess_ej
    from qualite.fichiers
    where etat = 'LISIBLE' and finess_ej is not null

),

etablissements_avec_venues as (

    select distinct finess_ej
    from intermediaire.int_venues

)

select
    etablissements_actifs.finess_ej,
    cast(null as varchar) as detail
from etablissements_actifs
left join etablissements_avec_venues as venues
    on etablissements_actifs.finess_ej = venues.finess_ej
where venues.finess_ej is null
