{{ calculer_taux('D6.2', ref('pop_declarations'), partagee=true) }}
