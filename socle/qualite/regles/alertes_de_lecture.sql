-- objet: qualite.alertes_lecture
-- dimension: validite
-- severite: alerte
-- titre: Valeurs lues sous réserve
-- explication: Des octets ou des valeurs facultatives ne se lisent pas ; la ligne est gardée sans eux ou au plus près.
-- remede: Corriger l’export à la source ; la table qualite.alertes_lecture de l’entrepôt donne fichiers et lignes.
select
    coalesce(finess_ej, 'Tous') as finess_ej,
    concat_ws(', ', flux, colonne, motif) as detail
from qualite.alertes_lecture
