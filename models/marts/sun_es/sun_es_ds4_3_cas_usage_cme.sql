{{ calculer_taux('DS4.3', ref('pop_declarations'), partagee=true) }}
