-- objet: qualite.fichiers
-- dimension: completude
-- severite: alerte
-- titre: Volume mensuel en forte baisse
-- explication: Le flux compte ce mois-là bien moins de lignes que la moyenne des trois mois précédents.
-- remede: Vérifier que l’export du mois est entier ; sinon la baisse est celle de l’activité.
select
    volumes_mensuels.finess_ej,
    concat(volumes_mensuels.flux, ', ', strftime(volumes_mensuels.mois, '%Y-%m')) as detail
from controle.volumes_mensuels
cross join controle.seuils
where
    volumes_mensuels.nb > 0
    and volumes_mensuels.moyenne_3_mois >= seuils.volume_mensuel_minimal
    and volumes_mensuels.nb < volumes_mensuels.moyenne_3_mois * (100 - seuils.baisse_volume_pourcent) / 100
    and volumes_mensuels.anciennete <= seuils.mois_surveilles
