{{ calculer_taux('DS3.1', ref('pop_hopen2_p1_o6_imagerie')) }}
