-- Un séjour par ligne. HAD : adultes, au moins 8 jours (guide HOP'EN2 phase 1, définition de la notion de séjour). Les
-- autres sont gardés, non « retenu » : HOP'EN2 et SUN-ES ne comptent que les séjours retenus, les autres guides ne posent
-- pas cette condition.
-- Lecture series_provisoires : une série de radiothérapie ou de chimiothérapie dont la période n'est pas écoulée est close
-- (comptees) ou non (exclues) ; une série de dialyse ne l'est qu'au bout de la sienne.
-- Le DMP du patient est cherché ici une fois, aux deux dates que les indicateurs emploient.

with bornes as (

    select
        sejour_id,
        finess_ej,
        activite,
        max(ipp) as ipp,
        max(debut_de_serie) as debut_de_serie,
        min(date_entree) as premiere_entree,
        max(date_sortie) as derniere_sortie,
        max(dernier_jour) as dernier_jour,
        count(*) filter (where date_sortie is null) as nb_venues_ouvertes
    from {{ ref('int_sejours_venues') }}
    group by sejour_id, finess_ej, activite

),

sejours as (

    select
        sejour_id,
        finess_ej,
        activite,
        ipp,
        coalesce(debut_de_serie, premiere_entree) as date_entree,
        case
            when activite in ('RADIOTHERAPIE', 'CHIMIOTHERAPIE') then dernier_jour
            when activite = 'DIALYSE'
                then {{ date_moins_un_jour(date_plus_mois('debut_de_serie', var('dialyse_mois'))) }}
            when nb_venues_ouvertes = 0 then derniere_sortie
        end as date_sortie,
        case
            when activite in ('RADIOTHERAPIE', 'CHIMIOTHERAPIE')
                then {{ date_plus_mois('debut_de_serie', var('serie_mois')) }} > {{ date_extraction() }}
            when activite = 'DIALYSE'
                then {{ date_plus_mois('debut_de_serie', var('dialyse_mois')) }} > {{ date_extraction() }}
            else false
        end as provisoire
    from bornes

),

clotures as (

    select
        sejours.sejour_id,
        sejours.finess_ej,
        sejours.activite,
        sejours.ipp,
        sejours.date_entree,
        sejours.date_sortie,
        sejours.provisoire,
        coalesce(sejours.date_sortie <= {{ date_extraction() }}, false)
        and (
            '{{ var("series_provisoires") }}' = 'comptees'
            or not sejours.provisoire
            or sejours.activite = 'DIALYSE'
        ) as clos,
        patients.date_naissance
    from sejours
    left join {{ ref('int_gam_patients') }} as patients
        on
            sejours.finess_ej = patients.finess_ej
            and sejours.ipp = patients.ipp

)

select
    clotures.sejour_id,
    clotures.finess_ej,
    clotures.ipp,
    clotures.activite,
    clotures.date_entree,
    clotures.date_sortie,
    clotures.clos,
    clotures.provisoire,
    clotures.activite <> 'HAD'
    or coalesce(
        clotures.clos
        and {{ jours_entre('clotures.date_entree', 'clotures.date_sortie') }} >= {{ var('had_duree_minimale_jours') }}
        and {{ date_plus_mois('clotures.date_naissance', var('had_age_minimal_ans') * 12) }} <= clotures.date_entree,
        false
    ) as retenu,
    coalesce(dmp_entree.a_un_dmp, false) as a_un_dmp_a_l_entree,
    coalesce(dmp_sortie.a_un_dmp, false) as a_un_dmp_a_la_sortie,
    coalesce(dmp_sortie.oppose_alimentation, false) as oppose_a_la_sortie
from clotures
left join {{ ref('int_dmp_patients') }} as dmp_entree
    on
        clotures.finess_ej = dmp_entree.finess_ej
        and clotures.ipp = dmp_entree.ipp
        and clotures.date_entree between dmp_entree.valable_du and dmp_entree.valable_au
left join {{ ref('int_dmp_patients') }} as dmp_sortie
    on
        clotures.finess_ej = dmp_sortie.finess_ej
        and clotures.ipp = dmp_sortie.ipp
        and clotures.date_sortie between dmp_sortie.valable_du and dmp_sortie.valable_au
