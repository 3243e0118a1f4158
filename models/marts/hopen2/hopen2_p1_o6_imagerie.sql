{{ calculer_taux('P1.O6', ref('pop_hopen2_p1_o6_imagerie')) }}
