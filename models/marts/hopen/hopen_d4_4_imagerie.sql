{{ calculer_taux('D4.4', ref('pop_hopen_d4_rendez_vous'), partagee=true) }}
