{{ calculer_taux('D4.1', ref('pop_declarations'), partagee=true) }}
