{{ calculer_taux('D2.4', ref('pop_hopen_d2_4_sejours_dpi')) }}
