{{ calculer_taux('P1.O5', ref('pop_hopen2_p1_o5_biologie')) }}
