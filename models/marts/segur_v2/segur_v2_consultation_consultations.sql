{{ calculer_taux('SV2.CONS.CONSULTATIONS', ref('pop_segur_v2_consultation_consultations'), denominateur_commun=true) }}
