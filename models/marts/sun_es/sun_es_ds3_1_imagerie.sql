-- Comptes rendus d'imagerie: same counts and same national verification as its HOP'EN2 twin.

with traces as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_traces as valeur
    from {{ ref('hopen2_p1_o6_imagerie') }}

),

constate as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_constate as valeur
    from {{ ref('hopen2_p1_o6_imagerie') }}

)

{{ calculer_taux('DS3.1', ref('pop_hopen2_p1_o6_imagerie'), traces='traces', constate='constate') }}
