-- The counts are its own; the national verification of DS4.1 is that of IFAQ D6.3I.

with traces as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_traces as valeur
    from {{ ref('ifaq_d6_3i_mss') }}

),

constate as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_constate as valeur
    from {{ ref('ifaq_d6_3i_mss') }}

)

{{ calculer_taux('DS4.1', ref('pop_sun_es_ds4_1_mss_pro'), traces='traces', constate='constate') }}
