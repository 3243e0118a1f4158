-- Comptes rendus de biologie: same counts and same national verification as its HOP'EN2 twin.

with traces as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_traces as valeur
    from {{ ref('hopen2_p1_o5_biologie') }}

),

constate as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_constate as valeur
    from {{ ref('hopen2_p1_o5_biologie') }}

)

{{ calculer_taux('DS2.1', ref('pop_hopen2_p1_o5_biologie'), traces='traces', constate='constate') }}
