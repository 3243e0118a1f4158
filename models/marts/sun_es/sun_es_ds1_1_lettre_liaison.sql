{{ calculer_taux('DS1.1', ref('pop_hopen2_p1_o2_lettre_liaison')) }}
