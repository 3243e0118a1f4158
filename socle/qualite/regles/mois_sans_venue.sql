-- objet: staging.stg_gam__venues
-- dimension: completude
-- severite: bloquante
-- titre: Mois sans aucune venue
-- explication: L’établissement avait des venues les mois précédents et a déposé des fichiers depuis :
--   ce mois n’a pas été exporté, ses indicateurs n’auraient pas de dénominateur.
-- remede: Redéposer l’export des venues du mois ; si l’arrêt est réel, accepter le constat dans les réglages.
select
    volumes_mensuels.finess_ej,
    strftime(volumes_mensuels.mois, '%Y-%m') as detail
from controle.volumes_mensuels
cross join controle.seuils
where
    volumes_mensuels.flux = 'gam/venues'
    and volumes_mensuels.nb = 0
    and volumes_mensuels.moyenne_anterieure >= seuils.venues_mensuelles_minimales
