-- objet: qualite.fichiers
-- dimension: validite
-- severite: bloquante
-- titre: Fichiers illisibles
-- explication: Le fichier ne s’ouvre pas ou n’a pas la forme que son nom annonce ; rien n’en a été lu.
-- remede: Redéposer le fichier, ou le retirer du dossier.
-- population: select count(*) from qualite.fichiers
select
    coalesce(finess_ej, 'Tous') as finess_ej,
    concat_ws(' du ', flux, strftime(date_extraction, '%d/%m/%Y')) as detail
from qualite.fichiers
where etat = 'ILLISIBLE'
