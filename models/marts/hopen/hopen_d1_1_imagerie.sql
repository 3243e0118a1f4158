{{ calculer_taux('D1.1', ref('pop_hopen_d1_comptes_rendus'), partagee=true) }}
