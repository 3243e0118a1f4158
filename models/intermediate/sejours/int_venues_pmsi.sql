-- Venues as the PMSI tells them, with the columns of the GAM's: one row per (FINESS ePMSI, year, n° RSS) in MCO, per
-- (FINESS ePMSI, n° de séjour) in SMR, HAD and PSY.
-- A venue without IPP (no VID-HOSP line, or a blank one) is kept; errors of grouping stay MCO séjours.
-- Several RSS may share one NDA, the séances of one administrative file above all: as many venues of one IEP.
-- Where the lines of one stay disagree, the last one sent tells.

with rum as (

    select
        finess_ej,
        finess_pmsi,
        annee,
        numero_rss,
        nda,
        ghm,
        unite_medicale,
        date_entree,
        date_sortie,
        nb_seances,
        ligne_source,
        row_number() over (
            partition by finess_ej, finess_pmsi, annee, numero_rss
            order by date_entree, date_sortie, length(numero_rum), numero_rum
        ) as rang
    from {{ ref('stg_pmsi__rss_rum') }}

),

-- « entry = first RUM's entry, exit = last RUM's exit »
rss as (

    select
        finess_ej,
        finess_pmsi,
        annee,
        numero_rss,
        {{ valeur_du_plus_grand('nda', 'ligne_source') }} as nda,
        {{ valeur_du_plus_grand('ghm', 'ligne_source') }} as ghm,
        max(case when rang = 1 then unite_medicale end) as premiere_unite,
        min(date_entree) as date_entree,
        max(date_sortie) as date_sortie,
        sum(nb_seances) as nb_seances
    from rum
    group by finess_ej, finess_pmsi, annee, numero_rss

),

-- An unité médicale has one site at a time; before its first date it was already there.
unites_medicales as (

    select
        finess_ej,
        unite_medicale,
        finess_geo,
        case
            when row_number() over (partition by finess_ej, unite_medicale order by date_effet) = 1
                then cast('0001-01-01' as date)
            else date_effet
        end as valable_du,
        lead(date_effet, 1, cast('9999-12-31' as date)) over (
            partition by finess_ej, unite_medicale order by date_effet
        ) as valable_avant
    from {{ ref('stg_pmsi__ium') }}

),

sejours_mco as (

    select
        rss.finess_ej,
        'MCO' as champ,
        rss.finess_pmsi,
        rss.annee,
        rss.numero_rss as numero,
        cast(null as string) as numero_sejour,
        rss.nda,
        cast(null as string) as ipp,
        coalesce(unites_medicales.finess_geo, rss.finess_pmsi) as finess_geo,
        case
            when rss.ghm like '28%' then 'SEANCE'
            when rss.date_entree = rss.date_sortie then 'PARTIELLE'
            else 'COMPLETE'
        end as mode_hospitalisation,
        case when rss.ghm like '28%' then coalesce(racines.type_seance, 'AUTRE') end as type_seance,
        -- A preparation counts once, whatever NBSEAN says.
        case
            when racines.preparation = 'oui' then 1
            when rss.ghm like '28%' then greatest(rss.nb_seances, 1)
        end as nb_seances,
        rss.date_entree,
        rss.date_sortie,
        coalesce(substr(rss.ghm, 3, 1) = 'C', false) as chirurgical,
        rss.ghm is null or rss.ghm like '90%' as en_erreur_de_groupage,
        -- « Two RSS of one NDA with the same dates and GHM under two numbers. »
        rss.nda is not null
        and count(*) over (
            partition by rss.finess_ej, rss.finess_pmsi, rss.nda, rss.date_entree, rss.date_sortie, rss.ghm
        ) > 1 as en_double
    from rss
    left join {{ ref('pmsi_racines_seances') }} as racines
        on substr(rss.ghm, 1, 5) = racines.racine
    left join unites_medicales
        on
            rss.finess_ej = unites_medicales.finess_ej
            and rss.premiere_unite = unites_medicales.unite_medicale
            and rss.date_entree >= unites_medicales.valable_du
            and rss.date_entree < unites_medicales.valable_avant

),

rhs as (

    select
        finess_ej,
        finess_pmsi,
        numero_sejour,
        nda,
        type_hospitalisation,
        date_entree,
        date_sortie,
        ligne_source,
        -- ligne_source is the file and the line.
        ligne_source - ligne_source % 10000000000 = max(ligne_source - ligne_source % 10000000000) over (
            partition by finess_ej, finess_pmsi, numero_sejour
        ) as est_de_la_derniere,
        row_number() over (
            partition by finess_ej, finess_pmsi, numero_sejour
            order by substr(semaine, 3, 4), substr(semaine, 1, 2), unite_medicale
        ) as rang
    from {{ ref('stg_pmsi__rhs') }}

),

-- « The type » of a stay is its first week's. Its dates « are those of the lines of its latest transmission: a corrected exit
-- is the exit, an exit blank again is an open stay ».
sejours_smr as (

    select
        finess_ej,
        finess_pmsi,
        numero_sejour,
        {{ valeur_du_plus_grand('nda', 'ligne_source') }} as nda,
        max(case when rang = 1 then type_hospitalisation end) as type_hospitalisation,
        min(case when est_de_la_derniere then date_entree end) as date_entree,
        max(case when est_de_la_derniere then date_sortie end) as date_sortie
    from rhs
    group by finess_ej, finess_pmsi, numero_sejour

),

rpss as (

    select
        finess_ej,
        finess_pmsi,
        numero_sejour,
        ipp,
        finess_geo,
        date_entree,
        date_sortie,
        ligne_source,
        -- ligne_source is the file and the line.
        ligne_source - ligne_source % 10000000000 = max(ligne_source - ligne_source % 10000000000) over (
            partition by finess_ej, finess_pmsi, numero_sejour
        ) as est_de_la_derniere
    from {{ ref('int_pmsi_rpss') }}

),

sejours_had as (

    select
        finess_ej,
        finess_pmsi,
        numero_sejour,
        {{ valeur_du_plus_grand('ipp', 'ligne_source') }} as ipp,
        {{ valeur_du_plus_grand('finess_geo', 'ligne_source') }} as finess_geo,
        min(case when est_de_la_derniere then date_entree end) as date_entree,
        max(case when est_de_la_derniere then date_sortie end) as date_sortie
    from rpss
    group by finess_ej, finess_pmsi, numero_sejour

),

rps as (

    select
        finess_ej,
        finess_pmsi,
        numero_sejour,
        ipp,
        finess_geo,
        forme_activite,
        date_entree,
        date_sortie,
        ligne_source,
        -- ligne_source is the file and the line.
        ligne_source - ligne_source % 10000000000 = max(ligne_source - ligne_source % 10000000000) over (
            partition by finess_ej, finess_pmsi, numero_sejour
        ) as est_de_la_derniere
    from {{ ref('int_pmsi_rps') }}

),

-- « forme 01… COMPLETE »: one sequence at full time is enough.
sejours_psy as (

    select
        finess_ej,
        finess_pmsi,
        numero_sejour,
        {{ valeur_du_plus_grand('ipp', 'ligne_source') }} as ipp,
        {{ valeur_du_plus_grand('finess_geo', 'ligne_source') }} as finess_geo,
        count(*) filter (where forme_activite like '01%') as nb_sequences_completes,
        min(case when est_de_la_derniere then date_entree end) as date_entree,
        max(case when est_de_la_derniere then date_sortie end) as date_sortie
    from rps
    group by finess_ej, finess_pmsi, numero_sejour

),

sejours as (

    select
        finess_ej,
        champ,
        finess_pmsi,
        annee,
        numero,
        numero_sejour,
        nda,
        ipp,
        finess_geo,
        mode_hospitalisation,
        type_seance,
        nb_seances,
        date_entree,
        date_sortie,
        chirurgical,
        en_erreur_de_groupage,
        en_double
    from sejours_mco

    union all

    select
        finess_ej,
        'SMR' as champ,
        finess_pmsi,
        cast(null as integer) as annee,
        numero_sejour as numero,
        -- « A number reused by another FINESS is another venue. »
        case
            when count(*) over (partition by finess_ej, numero_sejour) > 1
                then numero_sejour || '@' || coalesce(finess_pmsi, '')
            else numero_sejour
        end as numero_sejour,
        nda,
        cast(null as string) as ipp,
        finess_pmsi as finess_geo,
        case type_hospitalisation
            when '4' then 'SEANCE'
            when '2' then 'PARTIELLE'
            when '3' then 'PARTIELLE'
            else 'COMPLETE'
        end as mode_hospitalisation,
        case when type_hospitalisation = '4' then 'AUTRE' end as type_seance,
        cast(null as integer) as nb_seances,
        date_entree,
        date_sortie,
        false as chirurgical,
        false as en_erreur_de_groupage,
        false as en_double
    from sejours_smr

    union all

    select
        finess_ej,
        'HAD' as champ,
        finess_pmsi,
        cast(null as integer) as annee,
        numero_sejour as numero,
        case
            when count(*) over (partition by finess_ej, numero_sejour) > 1
                then numero_sejour || '@' || coalesce(finess_pmsi, '')
            else numero_sejour
        end as numero_sejour,
        cast(null as string) as nda,
        ipp,
        finess_geo,
        'COMPLETE' as mode_hospitalisation,
        cast(null as string) as type_seance,
        cast(null as integer) as nb_seances,
        date_entree,
        date_sortie,
        false as chirurgical,
        false as en_erreur_de_groupage,
        false as en_double
    from sejours_had

    union all

    select
        finess_ej,
        'PSY' as champ,
        finess_pmsi,
        cast(null as integer) as annee,
        numero_sejour as numero,
        case
            when count(*) over (partition by finess_ej, numero_sejour) > 1
                then numero_sejour || '@' || coalesce(finess_pmsi, '')
            else numero_sejour
        end as numero_sejour,
        cast(null as string) as nda,
        ipp,
        finess_geo,
        case when nb_sequences_completes > 0 then 'COMPLETE' else 'PARTIELLE' end as mode_hospitalisation,
        cast(null as string) as type_seance,
        cast(null as integer) as nb_seances,
        date_entree,
        date_sortie,
        false as chirurgical,
        false as en_erreur_de_groupage,
        false as en_double
    from sejours_psy

),

-- HOSP-PMSI holds one NDA per champ and n° de séjour, of the FINESS and the year that its file's name tells if it does: the
-- one that says most of the venue, then the last one sent.
liens as (

    select
        sejours.finess_ej,
        sejours.champ,
        sejours.finess_pmsi,
        sejours.annee,
        sejours.numero,
        hosp_pmsi.nda,
        row_number() over (
            partition by sejours.finess_ej, sejours.champ, sejours.finess_pmsi, sejours.annee, sejours.numero
            order by hosp_pmsi.finess_pmsi is null, hosp_pmsi.annee is null, hosp_pmsi.ligne_source desc
        ) as rang
    from sejours
    inner join {{ ref('stg_pmsi__hosp_pmsi') }} as hosp_pmsi
        on
            sejours.finess_ej = hosp_pmsi.finess_ej
            and sejours.champ = hosp_pmsi.champ
            and sejours.numero = hosp_pmsi.numero_sejour
            and coalesce(sejours.finess_pmsi = hosp_pmsi.finess_pmsi, true)
            and coalesce(sejours.annee = hosp_pmsi.annee, true)
    where sejours.nda is null

),

identifies as (

    select
        sejours.finess_ej,
        coalesce(
            sejours.nda,
            liens.nda,
            -- The number of an RSS comes back every year.
            case
                when sejours.champ = 'MCO' and count(*) over (partition by sejours.finess_ej, sejours.champ, sejours.numero) > 1
                    then
                        sejours.numero || '@' || coalesce(sejours.finess_pmsi, '') || '.'
                        || coalesce(cast(sejours.annee as string), '')
                else sejours.numero
            end
        ) as iep,
        sejours.champ,
        sejours.finess_pmsi,
        sejours.numero_sejour,
        sejours.ipp,
        sejours.finess_geo,
        sejours.mode_hospitalisation,
        sejours.type_seance,
        sejours.nb_seances,
        sejours.date_entree,
        sejours.date_sortie,
        sejours.chirurgical,
        sejours.en_erreur_de_groupage,
        sejours.en_double,
        sejours.champ in ('MCO', 'SMR') and sejours.nda is null and liens.nda is null as sans_nda
    from sejours
    left join liens
        on
            sejours.finess_ej = liens.finess_ej
            and sejours.champ = liens.champ
            and sejours.finess_pmsi is not distinct from liens.finess_pmsi
            and sejours.annee is not distinct from liens.annee
            and sejours.numero = liens.numero
            and liens.rang = 1

),

-- The VID-HOSP of one NDA under another FINESS of the EJ serves when there is none of the same.
patients as (

    select
        finess_ej,
        nda,
        finess_pmsi,
        ipp,
        row_number() over (partition by finess_ej, nda order by ipp is null, ligne_source desc) as rang
    from {{ ref('int_pmsi_vidhosp') }}

)

select
    identifies.finess_ej,
    identifies.iep,
    -- MCO and SMR lines do not bear the IPP: VID-HOSP does.
    coalesce(
        identifies.ipp, case when identifies.champ in ('MCO', 'SMR') then coalesce(du_site.ipp, de_l_ej.ipp) end
    ) as ipp,
    identifies.finess_geo,
    identifies.champ,
    identifies.mode_hospitalisation,
    identifies.type_seance,
    identifies.numero_sejour,
    venues_gam.uf,
    cast(identifies.date_entree as timestamp) as date_entree,
    cast(identifies.date_sortie as timestamp) as date_sortie,
    cast(identifies.nb_seances as integer) as nb_seances,
    cast(null as boolean) as facturation_ace,
    cast(null as boolean) as consultation_medicale,
    identifies.chirurgical,
    identifies.en_erreur_de_groupage,
    identifies.en_double,
    identifies.sans_nda
from identifies
left join patients as du_site
    on
        identifies.finess_ej = du_site.finess_ej
        and identifies.iep = du_site.nda
        and identifies.finess_pmsi = du_site.finess_pmsi
left join patients as de_l_ej
    on
        identifies.finess_ej = de_l_ej.finess_ej
        and identifies.iep = de_l_ej.nda
        and de_l_ej.rang = 1
left join {{ ref('int_gam_venues') }} as venues_gam
    on
        identifies.finess_ej = venues_gam.finess_ej
        and identifies.iep = venues_gam.iep
