-- Ordonnances de sortie: same counts and same national verification as its HOP'EN2 twin.

with traces as (

    select
        finess_ej,
        periode_debut,
        numerateur_national_traces as valeur
    from {{ ref('hopen2_p1_o2_ordonnance_sortie') }}

)

{{ calculer_taux('DS1.2', ref('pop_hopen2_p1_o2_ordonnance_sortie'), traces='traces') }}
