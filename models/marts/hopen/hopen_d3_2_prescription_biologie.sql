{{ calculer_taux('D3.2', ref('pop_hopen_d3_prescriptions'), partagee=true) }}
