-- IFAQ by site: the form is filled by FINESS, a group of several sites needs the figures of each. One row per
-- establishment, month and site. A séjour belongs to the site of the venue it ends with; a correspondent to each site that
-- its patients met, so that correspondents do not add up.
-- nb_sejours_du_site is the form's « nombre de séjours total » : closed in the month, psychiatry left out, with or without DMP.

with venues as (

    select
        finess_ej,
        iep,
        max(finess_geo) as finess_geo
    from {{ ref('int_venues') }}
    group by finess_ej, iep

),

sites_des_sejours as (

    select
        dernieres.sejour_id,
        venues.finess_geo
    from {{ ref('int_dernieres_venues') }} as dernieres
    inner join venues
        on
            dernieres.finess_ej = venues.finess_ej
            and dernieres.iep = venues.iep

),

sejours as (

    select
        sejours.finess_ej,
        sejours.periode_debut,
        sejours.periode_fin,
        coalesce(sites.finess_geo, 'INCONNU') as finess_geo,
        count(*) as nb_sejours_du_site,
        count(population.unite_id) as nb_avec_dmp_du_site,
        count(*) filter (where population.au_numerateur) as nb_alimentes_du_site
    from {{ ref('int_sejours_clos') }} as sejours
    left join sites_des_sejours as sites
        on sejours.sejour_id = sites.sejour_id
    left join {{ ref('pop_ifaq_d2_2i_alimentation_dmp') }} as population
        on sejours.sejour_id = population.unite_id
    where
        sejours.nature = 'mois'
        and sejours.activite <> 'PSY'
    group by sejours.finess_ej, sejours.periode_debut, sejours.periode_fin, coalesce(sites.finess_geo, 'INCONNU')

),

correspondants_des_sites as (

    select distinct
        liens.finess_ej,
        liens.correspondant_id,
        venues.periode_debut,
        venues.periode_fin,
        coalesce(venues.finess_geo, 'INCONNU') as finess_geo
    from {{ ref('int_gam_venues_correspondants') }} as liens
    inner join {{ ref('int_venues_mois') }} as venues
        on
            liens.finess_ej = venues.finess_ej
            and liens.iep = venues.iep
    where
        venues.champ in ('MCO', 'SMR', 'HAD')
        or '{{ var("ifaq_venues") }}' = 'toutes' and venues.champ = 'EXTERNE'

),

correspondants as (

    select
        sites.finess_ej,
        sites.periode_debut,
        sites.periode_fin,
        sites.finess_geo,
        count(*) as nb_equipes_du_site,
        count(*) filter (where population.au_numerateur) as nb_atteints_du_site
    from correspondants_des_sites as sites
    inner join {{ ref('pop_ifaq_d6_3i_mss') }} as population
        on
            sites.finess_ej = population.finess_ej
            and sites.correspondant_id = population.unite_id
            and sites.periode_debut = population.periode_debut
    group by sites.finess_ej, sites.periode_debut, sites.periode_fin, sites.finess_geo

)

select
    coalesce(sejours.finess_ej, correspondants.finess_ej) as finess_ej,
    coalesce(sejours.periode_debut, correspondants.periode_debut) as periode_debut,
    coalesce(sejours.periode_fin, correspondants.periode_fin) as periode_fin,
    coalesce(sejours.finess_geo, correspondants.finess_geo) as finess_geo,
    coalesce(sejours.nb_sejours_du_site, 0) as nb_sejours_du_site,
    coalesce(sejours.nb_avec_dmp_du_site, 0) as nb_avec_dmp_du_site,
    coalesce(sejours.nb_alimentes_du_site, 0) as nb_alimentes_du_site,
    coalesce(correspondants.nb_equipes_du_site, 0) as nb_equipes_du_site,
    coalesce(correspondants.nb_atteints_du_site, 0) as nb_atteints_du_site
from sejours
full outer join correspondants
    on
        sejours.finess_ej = correspondants.finess_ej
        and sejours.periode_debut = correspondants.periode_debut
        and sejours.finess_geo = correspondants.finess_geo
order by finess_ej, periode_debut, finess_geo
