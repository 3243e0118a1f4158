{{ compter('SV2.ALIM.HISTORIQUE', ref('pop_segur_v2_alimentation_historique')) }}
