{{ calculer_taux('SV2.ALIM.SEJOURS', ref('pop_segur_v2_alimentation_sejours'), denominateur_commun=true) }}
