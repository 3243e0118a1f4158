-- objet: qualite.fichiers
-- dimension: exactitude
-- severite: bloquante
-- titre: Fichiers dont le compte de lignes n’est pas juste
-- explication: Lignes du fichier = lignes retenues + remplacées + rejetées + ignorées. Un écart est un défaut de lecture.
-- remede: Signaler le fichier au mainteneur de socle.
-- population: select count(*) from qualite.fichiers
select
    coalesce(finess_ej, 'Tous') as finess_ej,
    concat_ws(' du ', flux, strftime(date_extraction, '%d/%m/%Y')) as detail
from qualite.fichiers
where
    etat = 'LISIBLE'
    and flux not like '%/hl7'
    and (nb_lues <> nb_lignes or nb_lues <> nb_retenues + nb_remplacees + nb_rejetees + nb_ignorees)
