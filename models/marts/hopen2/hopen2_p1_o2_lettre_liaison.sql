{{ calculer_taux('P1.O2.LDL', ref('pop_hopen2_p1_o2_lettre_liaison')) }}
