{{ calculer_taux('D7.2', ref('pop_declarations'), partagee=true) }}
