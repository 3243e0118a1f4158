{{ compter('SV2.MSS.MANUELS', ref('pop_segur_v2_mss_integrations_manuelles')) }}
