{{ calculer_taux('D2.2', ref('pop_hopen_d2_2_documents_dmp')) }}
