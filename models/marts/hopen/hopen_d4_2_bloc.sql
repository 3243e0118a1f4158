{{ calculer_taux('D4.2', ref('pop_hopen_d4_rendez_vous'), partagee=true) }}
