{{ calculer_taux('D5.2', ref('pop_hopen_d5_2_poles_couverts')) }}
