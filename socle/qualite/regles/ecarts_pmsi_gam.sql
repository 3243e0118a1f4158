-- objet: qualite.rapprochement_pmsi_gam
-- dimension: coherence
-- severite: alerte
-- titre: Mois où le PMSI et la GAM n’ont pas les mêmes séjours
-- explication: Trop de séjours ne sont que dans l’une des deux sources, ou y ont d’autres dates : le dénominateur dépend
--   de la source choisie.
-- remede: Lire qualite.rapprochement_pmsi_gam ; vérifier l’exhaustivité du PMSI transmis et les sorties de la GAM.
-- population: select count(*) from qualite.rapprochement_pmsi_gam
select
    rapprochement.finess_ej,
    concat(rapprochement.champ, ', ', strftime(rapprochement.mois_sortie, '%Y-%m')) as detail
from qualite.rapprochement_pmsi_gam as rapprochement
cross join controle.seuils
where
    (rapprochement.nb_pmsi_seul + rapprochement.nb_gam_seul + rapprochement.nb_dates_differentes) * 100
    > seuils.ecart_pmsi_gam_pourcent
    * (rapprochement.nb_communs + rapprochement.nb_pmsi_seul + rapprochement.nb_gam_seul)
    and rapprochement.nb_communs + rapprochement.nb_pmsi_seul + rapprochement.nb_gam_seul
    >= seuils.ecart_pmsi_gam_sejours
