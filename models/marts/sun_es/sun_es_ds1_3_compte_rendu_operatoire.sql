-- Comptes rendus opératoires: same counts and same national verification as its HOP'EN2 twin.

with traces as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_traces as valeur
    from {{ ref('hopen2_p1_o3_compte_rendu_operatoire') }}

),

constate as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_constate as valeur
    from {{ ref('hopen2_p1_o3_compte_rendu_operatoire') }}

)

{{ calculer_taux('DS1.3', ref('pop_hopen2_p1_o3_compte_rendu_operatoire'), traces='traces', constate='constate') }}
