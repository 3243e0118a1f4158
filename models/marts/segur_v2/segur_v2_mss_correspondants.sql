{{ calculer_taux('SV2.MSS.CORRESPONDANTS', ref('pop_segur_v2_mss_correspondants'), denominateur_commun=true) }}
