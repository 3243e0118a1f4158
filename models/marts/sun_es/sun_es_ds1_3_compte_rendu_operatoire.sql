{{ calculer_taux('DS1.3', ref('pop_hopen2_p1_o3_compte_rendu_operatoire')) }}
