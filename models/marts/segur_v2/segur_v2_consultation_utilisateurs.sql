{{ calculer_taux('SV2.CONS.UTILISATEURS', ref('pop_segur_v2_consultation_utilisateurs')) }}
