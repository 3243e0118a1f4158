-- SV2.INFO.OK, SV2.INFO.OPP — patients informés de l'utilisation de leur DMP, non opposés ou opposés.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Information patient » : parmi les séjours clos et les consultations externes
-- du mois, ceux pendant lesquels l'information du patient a été tracée, et il ne s'est pas opposé, ou il s'est opposé. Un test
-- d'existence seul n'informe personne : la trace est dite, ou elle se lit d'un consentement recueilli ou d'une opposition.
-- L'opposition compte dès qu'elle porte sur l'alimentation ou sur la consultation ; la dernière trace de la venue décide.
-- Un séjour (axe SEJOUR) ou une venue EXTERNE (axe CONSULTATION) par ligne et par indicateur.

with informations as (

    select
        finess_ej,
        iep,
        date_constat,
        opposition_alimentation or coalesce(not consentement_consultation, false) as est_oppose
    from {{ ref('int_gam_statuts_dmp') }}
    where
        cast(date_constat as date) <= {{ date_extraction() }}
        and coalesce(information_delivree, consentement_consultation is not null or opposition_alimentation)

),

sejours_informes as (

    select
        rattachements.sejour_id,
        max_by(informations.est_oppose, informations.date_constat) as est_oppose
    from informations
    inner join {{ ref('int_sejours_venues') }} as rattachements
        on
            informations.finess_ej = rattachements.finess_ej
            and informations.iep = rattachements.iep
    group by rattachements.sejour_id

),

venues_informees as (

    select
        finess_ej,
        iep,
        max_by(est_oppose, date_constat) as est_oppose
    from informations
    group by finess_ej, iep

),

unites as (

    select
        sejours.finess_ej,
        'SEJOUR' as axe,
        sejours.sejour_id as unite_id,
        sejours.periode_debut,
        sejours.periode_fin,
        sejours_informes.est_oppose
    from {{ ref('int_sejours_clos') }} as sejours
    left join sejours_informes
        on sejours.sejour_id = sejours_informes.sejour_id
    where sejours.nature = 'mois'

    union all

    select
        consultations.finess_ej,
        'CONSULTATION' as axe,
        consultations.iep as unite_id,
        consultations.periode_debut,
        consultations.periode_fin,
        venues_informees.est_oppose
    from {{ ref('int_consultations') }} as consultations
    left join venues_informees
        on
            consultations.finess_ej = venues_informees.finess_ej
            and consultations.iep = venues_informees.iep
    where consultations.nature = 'mois'

),

reponses as (

    select
        'SV2.INFO.OK' as indicateur,
        false as est_oppose

    union all

    select
        'SV2.INFO.OPP' as indicateur,
        true as est_oppose

)

select
    reponses.indicateur,
    unites.finess_ej,
    unites.periode_debut,
    unites.periode_fin,
    unites.axe,
    unites.unite_id,
    coalesce(unites.est_oppose = reponses.est_oppose, false) as au_numerateur
from unites
cross join reponses
