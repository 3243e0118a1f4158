-- Declared by the establishment: OUI is 1/1, NON 0/1, NA or nothing 0/0.

{{ calculer_taux('DS4.3', ref('pop_sun_es_ds4_3_cas_usage_cme')) }}
