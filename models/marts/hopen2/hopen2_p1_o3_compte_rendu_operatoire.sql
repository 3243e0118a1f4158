{{ calculer_taux('P1.O3', ref('pop_hopen2_p1_o3_compte_rendu_operatoire')) }}
