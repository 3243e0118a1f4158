-- Lettres de liaison: same counts and same national verification as its HOP'EN2 twin.

with traces as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_traces as valeur
    from {{ ref('hopen2_p1_o2_lettre_liaison') }}

),

constate as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_constate as valeur
    from {{ ref('hopen2_p1_o2_lettre_liaison') }}

)

{{ calculer_taux('DS1.1', ref('pop_hopen2_p1_o2_lettre_liaison'), traces='traces', constate='constate') }}
