{{ calculer_taux('D6.1', ref('pop_hopen_d6_1_sejours_dmp')) }}
