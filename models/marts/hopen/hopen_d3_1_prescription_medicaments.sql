{{ calculer_taux('D3.1', ref('pop_hopen_d3_prescriptions'), partagee=true) }}
