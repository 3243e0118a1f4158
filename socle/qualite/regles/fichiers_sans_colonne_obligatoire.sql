-- objet: qualite.fichiers
-- dimension: validite
-- severite: alerte
-- titre: Fichiers écartés, une colonne obligatoire manque
-- explication: Le fichier entier est rejeté (COLONNE_MANQUANTE) ; les fichiers plus anciens du flux restent utilisés.
-- remede: Ajouter la colonne à l’export et le redéposer.
-- population: select count(*) from qualite.fichiers
select
    coalesce(finess_ej, 'Tous') as finess_ej,
    concat(flux, ', ', colonnes_manquantes) as detail
from qualite.fichiers
where etat = 'COLONNE_MANQUANTE'
