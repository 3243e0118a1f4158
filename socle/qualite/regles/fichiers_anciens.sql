-- objet: qualite.fichiers
-- dimension: fraicheur
-- severite: alerte
-- titre: Flux dont le dernier fichier est ancien
-- explication: Aucun fichier plus récent n’a été déposé : ce qui s’est passé depuis n’est pas connu.
-- remede: Relancer l’export périodique du flux.
select
    fichiers.finess_ej,
    concat(fichiers.flux, ', ', strftime(max(fichiers.date_extraction), '%d/%m/%Y')) as detail
from qualite.fichiers
cross join controle.seuils
where
    fichiers.etat = 'LISIBLE'
    and fichiers.finess_ej is not null
    and fichiers.date_extraction is not null
group by
    fichiers.finess_ej,
    fichiers.flux,
    seuils.date_extraction,
    seuils.fraicheur_jours
having date_diff('day', max(fichiers.date_extraction), seuils.date_extraction) > seuils.fraicheur_jours
