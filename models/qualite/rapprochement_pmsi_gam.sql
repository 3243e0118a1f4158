-- Does the PMSI tell the same hospital stays as the GAM? One row per establishment that sends PMSI files, champ and month
-- of exit (the GAM's when it knows the stay). A stay is an iep, whichever source feeds the séjours. Stays that are open in
-- both, or whose exit is only planned on the day of extraction, are left out.

with etablissements as (

    select distinct finess_ej
    from {{ ref('int_venues_pmsi') }}

),

sejours_pmsi as (

    select
        finess_ej,
        champ,
        iep,
        min(cast(date_entree as date)) as date_entree,
        max(case when cast(date_sortie as date) <= {{ date_extraction() }} then cast(date_sortie as date) end) as date_sortie
    from {{ ref('int_venues_pmsi') }}
    group by finess_ej, champ, iep

),

sejours_gam as (

    select
        venues.finess_ej,
        venues.champ,
        venues.iep,
        cast(venues.date_entree as date) as date_entree,
        case
            when cast(venues.date_sortie as date) <= {{ date_extraction() }} then cast(venues.date_sortie as date)
        end as date_sortie
    from {{ ref('int_gam_venues') }} as venues
    inner join etablissements
        on venues.finess_ej = etablissements.finess_ej
    where venues.champ not in ('EXTERNE', 'URGENCES')

),

rapproches as (

    select
        coalesce(sejours_gam.finess_ej, sejours_pmsi.finess_ej) as finess_ej,
        coalesce(sejours_gam.champ, sejours_pmsi.champ) as champ,
        sejours_pmsi.iep is not null as est_dans_pmsi,
        sejours_gam.iep is not null as est_dans_gam,
        (sejours_gam.date_entree is distinct from sejours_pmsi.date_entree)
        or (sejours_gam.date_sortie is distinct from sejours_pmsi.date_sortie) as a_dates_differentes,
        coalesce(sejours_gam.date_sortie, sejours_pmsi.date_sortie) as date_sortie
    from sejours_gam
    full outer join sejours_pmsi
        on
            sejours_gam.finess_ej = sejours_pmsi.finess_ej
            and sejours_gam.champ = sejours_pmsi.champ
            and sejours_gam.iep = sejours_pmsi.iep

)

select
    finess_ej,
    champ,
    {{ premier_du_mois('date_sortie') }} as mois_sortie,
    count(*) filter (where est_dans_pmsi) as nb_sejours_pmsi,
    count(*) filter (where est_dans_gam) as nb_sejours_gam,
    count(*) filter (where est_dans_pmsi and est_dans_gam) as nb_communs,
    count(*) filter (where not est_dans_gam) as nb_pmsi_seul,
    count(*) filter (where not est_dans_pmsi) as nb_gam_seul,
    count(*) filter (where est_dans_pmsi and est_dans_gam and a_dates_differentes) as nb_dates_differentes
from rapproches
where date_sortie is not null
group by finess_ej, champ, {{ premier_du_mois('date_sortie') }}
order by finess_ej, champ, mois_sortie
