{{ calculer_taux('SV2.MSS.CIT_SEJOURS', ref('pop_segur_v2_mss_sejours'), partagee=true, denominateur_commun=true) }}
