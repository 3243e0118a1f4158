{{ calculer_taux('D5.3', ref('pop_declarations'), partagee=true) }}
