{{ calculer_taux('P1.O1', ref('pop_hopen2_p1_o1_ins_qualifiee')) }}
