{{ calculer_taux('D6.3', ref('pop_hopen_d6_3_mss')) }}
