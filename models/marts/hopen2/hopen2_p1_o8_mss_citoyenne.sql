{{ calculer_taux('P1.O8', ref('pop_hopen2_p1_o8_mss_citoyenne')) }}
