{{ calculer_taux('D2.5', ref('pop_hopen_d2_5_consultations_dpi')) }}
