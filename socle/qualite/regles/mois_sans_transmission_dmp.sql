-- objet: staging.stg_dpi__transmissions_dmp
-- dimension: completude
-- severite: bloquante
-- titre: Mois sans aucun envoi au DMP
-- explication: L’établissement envoyait des documents au DMP les mois précédents et a déposé des fichiers depuis :
--   ce mois vide tient plus souvent à un export manquant qu’à un arrêt, et ses taux seraient publiés à zéro.
-- remede: Redéposer l’export des transmissions du mois ; si l’arrêt est réel, accepter le constat dans les réglages.
select
    volumes_mensuels.finess_ej,
    strftime(volumes_mensuels.mois, '%Y-%m') as detail
from controle.volumes_mensuels
cross join controle.seuils
where
    volumes_mensuels.flux = 'dpi/transmissions_dmp'
    and volumes_mensuels.nb = 0
    and volumes_mensuels.moyenne_anterieure >= seuils.transmissions_mensuelles_minimales
