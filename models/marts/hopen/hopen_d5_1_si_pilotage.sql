{{ calculer_taux('D5.1', ref('pop_declarations'), partagee=true) }}
