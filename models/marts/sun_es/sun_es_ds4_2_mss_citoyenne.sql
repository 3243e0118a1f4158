-- The counts are its own; the national verification of DS4.2 is that of HOP'EN2 P1.O8.

with traces as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_traces as valeur
    from {{ ref('hopen2_p1_o8_mss_citoyenne') }}

),

constate as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_constate as valeur
    from {{ ref('hopen2_p1_o8_mss_citoyenne') }}

)

{{ calculer_taux('DS4.2', ref('pop_sun_es_ds4_2_mss_citoyenne'), traces='traces', constate='constate') }}
