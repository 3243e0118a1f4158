{{ calculer_taux('D1.5', ref('pop_hopen_d1_5_acces_services')) }}
