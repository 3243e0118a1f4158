{{ calculer_taux('SV2.MSS.SEJOURS', ref('pop_segur_v2_mss_sejours'), partagee=true, denominateur_commun=true) }}
