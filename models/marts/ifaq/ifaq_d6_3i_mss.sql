with mois_de_recueil as (

    select
        mois.finess_ej,
        mois.periode_debut,
        'TOUS' as axe,
        campagnes.campagne is not null as mois_recueil
    from {{ ref('int_periodes') }} as mois
    left join {{ ref('campagnes_ifaq') }} as campagnes
        on mois.periode_debut between campagnes.date_debut and campagnes.date_fin
    where mois.nature = 'mois'

)

{{ calculer_taux(
    'D6.3I', ref('pop_ifaq_d6_3i_mss'),
    complements='mois_de_recueil', colonnes=['mois_recueil']
) }}
