{{ calculer_taux('SV2.INFO.OK', ref('pop_segur_v2_information'), partagee=true) }}
