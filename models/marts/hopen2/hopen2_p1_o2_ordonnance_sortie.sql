{{ calculer_taux('P1.O2.ODS', ref('pop_hopen2_p1_o2_ordonnance_sortie')) }}
