{{ calculer_taux('D3.5', ref('pop_hopen_d3_5_plan_de_soins')) }}
