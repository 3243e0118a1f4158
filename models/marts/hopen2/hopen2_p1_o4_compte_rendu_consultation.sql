{{ calculer_taux('P1.O4', ref('pop_hopen2_p1_o4_compte_rendu_consultation')) }}
