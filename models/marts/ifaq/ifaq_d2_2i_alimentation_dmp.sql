-- nb_documents_constate : le nombre de documents de l'opérateur, à côté de ses DMP alimentés.
-- nb_sejours_total: the same séjours, whether the patient has a DMP or not (a field of the oSIS form).

with operateur as (

    select
        finess_ej,
        mois as periode_debut,
        nb_constate as nb_documents_constate
    from {{ ref('int_chiffres_nationaux') }}
    where
        mesure = 'DOCUMENTS_DMP'
        and type_code = 'TOUS'

),

sejours_du_mois as (

    select
        finess_ej,
        periode_debut,
        count(*) as nb_sejours_total
    from {{ ref('int_sejours_clos') }}
    where
        nature = 'mois'
        and activite <> 'PSY'
    group by finess_ej, periode_debut

),

complements as (

    select
        mois.finess_ej,
        mois.periode_debut,
        'TOUS' as axe,
        coalesce(sejours_du_mois.nb_sejours_total, 0) as nb_sejours_total,
        operateur.nb_documents_constate,
        campagnes.campagne is not null as mois_recueil
    from {{ ref('int_periodes') }} as mois
    left join sejours_du_mois
        on
            mois.finess_ej = sejours_du_mois.finess_ej
            and mois.periode_debut = sejours_du_mois.periode_debut
    left join operateur
        on
            mois.finess_ej = operateur.finess_ej
            and mois.periode_debut = operateur.periode_debut
    left join {{ ref('campagnes_ifaq') }} as campagnes
        on mois.periode_debut between campagnes.date_debut and campagnes.date_fin
    where mois.nature = 'mois'

)

{{ calculer_taux(
    'D2.2I', ref('pop_ifaq_d2_2i_alimentation_dmp'),
    complements='complements', colonnes=['nb_sejours_total', 'nb_documents_constate', 'mois_recueil']
) }}
