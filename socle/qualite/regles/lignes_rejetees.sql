-- objet: qualite.rejets
-- dimension: validite
-- severite: alerte
-- titre: Lignes rejetées à la lecture
-- explication: Une valeur obligatoire manque, ne se lit pas dans son type ou sort des valeurs du contrat : la ligne
--   est mise de côté (qualite.rejets) et ne compte nulle part.
-- remede: Corriger l’export à la source et le redéposer ; la table qualite.rejets de l’entrepôt donne fichiers et lignes.
-- population: select sum(nb_lues) from qualite.fichiers
select
    coalesce(finess_ej, 'Tous') as finess_ej,
    concat_ws(', ', flux, colonne, motif) as detail
from qualite.rejets
