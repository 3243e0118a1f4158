{{ calculer_taux('D7.1', ref('pop_hopen_d7_1_rdv_en_ligne')) }}
