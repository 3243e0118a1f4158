{{ calculer_taux('D7.3', ref('pop_declarations'), partagee=true) }}
