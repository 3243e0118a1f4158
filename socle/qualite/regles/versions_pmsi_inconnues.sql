-- objet: qualite.rejets
-- dimension: validite
-- severite: alerte
-- titre: Lignes PMSI d’une version de format que socle ne connaît pas
-- explication: Ces lignes ont la forme d’un fichier PMSI connu, dans une version absente des positions de lecture : elles
--   sont mises de côté et leurs séjours ne comptent nulle part.
-- remede: Ajouter la version au seed pmsi_versions et ses différences à pmsi_positions et pmsi_zones, puis relancer ;
--   aucun code à changer.
-- population: select sum(nb_lues) from qualite.fichiers where flux like 'pmsi/%'
select
    coalesce(finess_ej, 'Tous') as finess_ej,
    concat_ws(', ', flux, 'version ' || valeur) as detail
from qualite.rejets
where
    motif = 'VERSION_INCONNUE'
    and colonne = 'version_format'
