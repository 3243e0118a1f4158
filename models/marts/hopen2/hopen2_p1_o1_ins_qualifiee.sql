-- National verification, « approchante »: calls of the téléservice INSi in the month; the establishment keeps no trace
-- of them.

with constate as (

    select
        finess_ej,
        mois as periode_debut,
        nb_appels as valeur
    from {{ ref('stg_national__cnam_appels_insi') }}

)

{{ calculer_taux('P1.O1', ref('pop_hopen2_p1_o1_ins_qualifiee'), constate='constate') }}
