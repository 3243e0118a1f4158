{{ calculer_taux('DS1.2', ref('pop_hopen2_p1_o2_ordonnance_sortie')) }}
