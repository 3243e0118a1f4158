{{ calculer_taux('DS4.1', ref('pop_sun_es_ds4_1_mss_pro')) }}
