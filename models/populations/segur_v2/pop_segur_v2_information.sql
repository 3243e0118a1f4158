-- SV2.INFO.OK, SV2.INFO.OPP — patients informés de l'utilisation de leur DMP, non opposés ou opposés.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Information patient »: of the séjours closed and the external
-- consultations of the month, those during which the information was recorded, and the patient did not object, or did.
-- An objection counts as soon as it bears on feeding or on consultation; the last record of the venue decides.
-- One row per séjour (axe SEJOUR) or EXTERNE venue (axe CONSULTATION), and indicator.

with informations as (

    select
        finess_ej,
        iep,
        date_constat,
        opposition_alimentation or coalesce(not consentement_consultation, false) as est_oppose
    from {{ ref('stg_gam__statuts_dmp') }}
    where cast(date_constat as date) <= {{ date_extraction() }}

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
        sejours.date_sortie as date_unite,
        sejours_informes.est_oppose
    from {{ ref('int_sejours') }} as sejours
    left join sejours_informes
        on sejours.sejour_id = sejours_informes.sejour_id
    where
        sejours.clos
        and sejours.retenu

    union all

    select
        venues.finess_ej,
        'CONSULTATION' as axe,
        venues.iep as unite_id,
        venues.date_entree as date_unite,
        venues_informees.est_oppose
    from {{ ref('int_venues') }} as venues
    left join venues_informees
        on
            venues.finess_ej = venues_informees.finess_ej
            and venues.iep = venues_informees.iep
    where venues.champ = 'EXTERNE'

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
    mois.periode_debut,
    mois.periode_fin,
    unites.axe,
    unites.unite_id,
    coalesce(unites.est_oppose = reponses.est_oppose, false) as au_numerateur
from unites
inner join {{ ref('int_periodes') }} as mois
    on
        unites.finess_ej = mois.finess_ej
        and unites.date_unite between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
cross join reponses
