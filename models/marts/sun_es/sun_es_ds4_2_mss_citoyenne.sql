{{ calculer_taux('DS4.2', ref('pop_sun_es_ds4_2_mss_citoyenne')) }}
