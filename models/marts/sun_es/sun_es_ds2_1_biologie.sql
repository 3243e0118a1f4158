{{ calculer_taux('DS2.1', ref('pop_hopen2_p1_o5_biologie')) }}
