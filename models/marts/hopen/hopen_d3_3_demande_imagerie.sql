{{ calculer_taux('D3.3', ref('pop_hopen_d3_prescriptions'), partagee=true) }}
