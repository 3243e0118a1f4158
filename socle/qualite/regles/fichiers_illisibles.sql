-- objet: qualite.fichiers
-- dimension: validite
-- severite: bloquante
-- titre: Fichiers illisibles
-- explication: Le fichier ne s’ouvre pas ou n’a pas la forme que son nom annonce ; rien n’en a été lu.
-- remede: Redéposer le fichier, ou le retirer du dossier ; « socle etat » donne son nom.
-- population: select count(*) from qualite.fichiers
select
    coalesce(finess_ej, 'Tous') as finess_ej,
    concat_ws(' : ', concat_ws(' du ', flux, strftime(date_extraction, '%d/%m/%Y')), raison) as detail
from qualite.fichiers
where etat = 'ILLISIBLE'
