{{ calculer_taux('SV2.MSS.CIT_PATIENTS', ref('pop_segur_v2_mss_citoyenne_patients'), denominateur_commun=true) }}
