-- objet: qualite.fichiers
-- dimension: completude
-- severite: alerte
-- titre: Mois récent sans aucune ligne dans un flux
-- explication: Le flux était alimenté les mois précédents et ne l’est plus ce mois-là.
-- remede: Vérifier que l’export du mois a été déposé en entier.
select
    volumes_mensuels.finess_ej,
    concat(volumes_mensuels.flux, ', ', strftime(volumes_mensuels.mois, '%Y-%m')) as detail
from controle.volumes_mensuels
cross join controle.seuils
where
    volumes_mensuels.flux not in ('gam/venues', 'dpi/transmissions_dmp')
    and volumes_mensuels.nb = 0
    and volumes_mensuels.moyenne_3_mois >= seuils.volume_mensuel_minimal
    and volumes_mensuels.anciennete <= seuils.mois_surveilles
