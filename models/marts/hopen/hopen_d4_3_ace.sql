{{ calculer_taux('D4.3', ref('pop_hopen_d4_rendez_vous'), partagee=true) }}
