-- National verification: distinct addresses to which a professional message with a document was sent in the month.

with traces as (

    select
        finess_ej,
        periode_debut,
        count(distinct adresse_destinataire) as valeur
    from {{ ref('int_messages_mss') }}
    where
        canal = 'PRO'
        and porte_un_document
    group by finess_ej, periode_debut

),

constate as (

    select
        finess_ej,
        mois as periode_debut,
        nb_correspondants_pro as valeur
    from {{ ref('stg_national__ans_mssante') }}

),

mois_de_recueil as (

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
    'D6.3I', ref('pop_ifaq_d6_3i_mss'), traces='traces', constate='constate',
    complements='mois_de_recueil', colonnes=['mois_recueil']
) }}
