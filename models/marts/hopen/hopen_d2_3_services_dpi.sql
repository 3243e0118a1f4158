{{ calculer_taux('D2.3', ref('pop_hopen_d2_3_services_dpi')) }}
