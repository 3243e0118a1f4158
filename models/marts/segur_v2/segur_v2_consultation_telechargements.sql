{{ compter('SV2.CONS.TELECHARGEMENTS', ref('pop_segur_v2_consultation_telechargements')) }}
