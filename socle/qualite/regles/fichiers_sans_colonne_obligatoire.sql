-- objet: qualite.fichiers
-- dimension: validite
-- severite: alerte
-- titre: Fichiers écartés pour leurs colonnes
-- explication: Une colonne obligatoire manque (COLONNE_MANQUANTE) ou deux ont le même nom (COLONNE_EN_DOUBLE) ; les
--   fichiers plus anciens du flux restent utilisés.
-- remede: Corriger les colonnes de l’export et le redéposer.
-- population: select count(*) from qualite.fichiers
select
    coalesce(finess_ej, 'Tous') as finess_ej,
    concat_ws(', ', flux, etat, colonnes_manquantes) as detail
from qualite.fichiers
where etat in ('COLONNE_MANQUANTE', 'COLONNE_EN_DOUBLE')
