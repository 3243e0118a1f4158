-- objet: qualite.fichiers
-- dimension: coherence
-- severite: alerte
-- titre: Fichiers PMSI pris pour des envois partiels
-- explication: Une transmission PMSI est cumulative : elle remplace tout ce que couvrent ses dates. Ces fichiers tiennent trop
--   peu de lignes pour cela : elles n’ont remplacé que celles de mêmes clés, et ce que le DIM
--   aurait retiré depuis est resté.
-- remede: Déposer le fichier cumulatif de l’année ; si l’envoi ne porte bien que sur une partie de l’année,
--   il n’y a rien à faire.
-- population: select count(*) from qualite.fichiers where flux like 'pmsi/%'
select
    finess_ej,
    flux as detail
from qualite.fichiers
where mode_transmission like '%PARTIEL%'
