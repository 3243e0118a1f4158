-- objet: qualite.fichiers
-- dimension: validite
-- severite: alerte
-- titre: Fichiers qui portent des colonnes hors contrat
-- explication: Ces colonnes sont ignorées. Une colonne mal nommée se cache souvent parmi elles.
-- remede: Comparer l’en-tête du fichier au contrat d’entrée (docs/CONTRAT.md).
-- population: select count(*) from qualite.fichiers
select
    coalesce(finess_ej, 'Tous') as finess_ej,
    flux as detail
from qualite.fichiers
where colonnes_inconnues is not null
