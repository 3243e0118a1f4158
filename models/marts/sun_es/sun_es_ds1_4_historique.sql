{{ calculer_taux('DS1.4', ref('pop_sun_es_ds1_4_historique')) }}
