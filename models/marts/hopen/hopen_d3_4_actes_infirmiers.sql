{{ calculer_taux('D3.4', ref('pop_hopen_d3_prescriptions'), partagee=true) }}
