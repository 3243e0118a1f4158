{{ calculer_taux('SV2.INFO.OPP', ref('pop_segur_v2_information'), partagee=true) }}
