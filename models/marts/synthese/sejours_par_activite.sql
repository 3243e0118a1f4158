-- « Il est demandé à l'établissement de justifier de sa notion de séjour » (guide HOP'EN2, définition de la notion de
-- séjour): how many séjours each activity gives, month by month. One row per establishment, month and activity that the
-- establishment has had; closed in the month means date_sortie in it.

with activites as (

    select distinct
        finess_ej,
        activite
    from {{ ref('int_sejours') }}

),

clos_dans_le_mois as (

    select
        finess_ej,
        activite,
        periode_debut,
        count(*) as nb_clos,
        count(*) filter (where retenu) as nb_retenus,
        count(*) filter (where a_un_dmp_a_l_entree) as nb_avec_dmp_a_l_entree,
        count(*) filter (where retenu and a_un_dmp_a_la_sortie) as nb_avec_dmp_a_la_sortie,
        count(*) filter (where retenu and provisoire) as nb_provisoires
    from {{ ref('int_sejours_clos') }}
    where nature = 'mois'
    group by finess_ej, activite, periode_debut

)

select
    mois.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    activites.activite,
    coalesce(clos_dans_le_mois.nb_clos, 0) as nb_clos,
    coalesce(clos_dans_le_mois.nb_retenus, 0) as nb_retenus,
    coalesce(clos_dans_le_mois.nb_avec_dmp_a_l_entree, 0) as nb_avec_dmp_a_l_entree,
    coalesce(clos_dans_le_mois.nb_avec_dmp_a_la_sortie, 0) as nb_avec_dmp_a_la_sortie,
    coalesce(clos_dans_le_mois.nb_provisoires, 0) as nb_provisoires
from {{ ref('int_periodes') }} as mois
inner join activites
    on mois.finess_ej = activites.finess_ej
left join clos_dans_le_mois
    on
        activites.finess_ej = clos_dans_le_mois.finess_ej
        and activites.activite = clos_dans_le_mois.activite
        and mois.periode_debut = clos_dans_le_mois.periode_debut
where mois.nature = 'mois'
order by mois.finess_ej, mois.periode_debut, activites.activite
