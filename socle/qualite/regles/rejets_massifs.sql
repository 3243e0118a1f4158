-- objet: qualite.fichiers
-- dimension: validite
-- severite: bloquante
-- titre: Flux dont une grande part des lignes est rejetée
-- explication: L’export a changé de forme ou de contenu : publier reviendrait à publier des taux amputés.
-- remede: Comparer l’export au contrat d’entrée (docs/CONTRAT.md) et le redéposer.
select
    coalesce(fichiers.finess_ej, 'Tous') as finess_ej,
    fichiers.flux as detail
from qualite.fichiers
cross join controle.seuils
where fichiers.etat in ('LISIBLE', 'VERSION_INCONNUE')
group by
    fichiers.finess_ej,
    fichiers.flux,
    seuils.rejets_massifs_lignes,
    seuils.rejets_massifs_pourcent
having
    sum(fichiers.nb_rejetees) >= seuils.rejets_massifs_lignes
    and sum(fichiers.nb_rejetees) * 100 > seuils.rejets_massifs_pourcent * sum(fichiers.nb_lues)
