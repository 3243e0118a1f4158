{{ calculer_taux('SV2.CONS.SEJOURS', ref('pop_segur_v2_consultation_sejours'), denominateur_commun=true) }}
