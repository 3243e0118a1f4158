{{ compter('SV2.CONS.INTEGRES', ref('pop_segur_v2_consultation_integrations')) }}
