-- Venues as the PMSI tells them, with the columns of the GAM's: one row per n° RSS (MCO), n° de séjour (SMR, HAD, PSY).
-- A venue without IPP (no VID-HOSP line, or a blank one) is kept; errors of grouping stay MCO séjours.

with rum as (

    select
        finess_ej,
        numero_rss,
        nda,
        ghm,
        finess_pmsi,
        unite_medicale,
        date_entree,
        date_sortie,
        mode_sortie,
        nb_seances,
        ligne_source,
        row_number() over (
            partition by finess_ej, numero_rss order by date_entree, date_sortie, length(numero_rum), numero_rum
        ) as rang,
        row_number() over (
            partition by finess_ej, numero_rss
            order by date_sortie desc, date_entree desc, length(numero_rum) desc, numero_rum desc
        ) as rang_depuis_la_fin
    from {{ ref('stg_pmsi__rss_rum') }}

),

-- « entry = first RUM's entry, exit = last RUM's exit »
rss as (

    select
        finess_ej,
        numero_rss,
        max(nda) as nda,
        max(ghm) as ghm,
        max(finess_pmsi) as finess_pmsi,
        max(case when rang = 1 then unite_medicale end) as premiere_unite,
        min(date_entree) as date_entree,
        max(date_sortie) as date_sortie,
        max(case when rang_depuis_la_fin = 1 then mode_sortie end) as mode_sortie,
        sum(nb_seances) as nb_seances,
        min(ligne_source) as ligne_source
    from rum
    group by finess_ej, numero_rss

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
        coalesce(rss.nda, liens.nda, rss.numero_rss) as iep,
        coalesce(unites_medicales.finess_geo, rss.finess_pmsi) as finess_geo,
        'MCO' as champ,
        case
            when rss.ghm like '28%' then 'SEANCE'
            when rss.date_entree = rss.date_sortie then 'PARTIELLE'
            else 'COMPLETE'
        end as mode_hospitalisation,
        case when rss.ghm like '28%' then coalesce(racines.type_seance, 'AUTRE') end as type_seance,
        cast(null as string) as numero_sejour,
        rss.date_entree,
        rss.date_sortie,
        -- A preparation counts once, whatever NBSEAN says.
        case
            when racines.preparation = 'oui' then 1
            when rss.ghm like '28%' then greatest(coalesce(rss.nb_seances, 1), 1)
        end as nb_seances,
        rss.mode_sortie,
        substr(rss.ghm, 3, 1) = 'C' as chirurgical,
        rss.ligne_source
    from rss
    left join {{ ref('pmsi_racines_seances') }} as racines
        on substr(rss.ghm, 1, 5) = racines.racine
    left join unites_medicales
        on
            rss.finess_ej = unites_medicales.finess_ej
            and rss.premiere_unite = unites_medicales.unite_medicale
            and rss.date_entree >= unites_medicales.valable_du
            and rss.date_entree < unites_medicales.valable_avant
    left join {{ ref('stg_pmsi__hosp_pmsi') }} as liens
        on
            rss.finess_ej = liens.finess_ej
            and rss.numero_rss = liens.numero_sejour
            and liens.champ = 'MCO'

),

rhs as (

    select
        finess_ej,
        numero_sejour,
        nda,
        finess_pmsi,
        type_hospitalisation,
        date_entree,
        date_sortie,
        mode_sortie,
        ligne_source,
        row_number() over (
            partition by finess_ej, numero_sejour
            order by substr(semaine, 3, 4), substr(semaine, 1, 2), unite_medicale
        ) as rang
    from {{ ref('stg_pmsi__rhs') }}

),

sejours_smr as (

    select
        rhs.finess_ej,
        coalesce(max(rhs.nda), max(liens.nda), rhs.numero_sejour) as iep,
        max(case when rhs.rang = 1 then rhs.finess_pmsi end) as finess_geo,
        'SMR' as champ,
        max(case
            when rhs.rang > 1 then null
            when rhs.type_hospitalisation = '4' then 'SEANCE'
            when rhs.type_hospitalisation in ('2', '3') then 'PARTIELLE'
            else 'COMPLETE'
        end) as mode_hospitalisation,
        max(case when rhs.rang = 1 and rhs.type_hospitalisation = '4' then 'AUTRE' end) as type_seance,
        rhs.numero_sejour,
        min(rhs.date_entree) as date_entree,
        max(rhs.date_sortie) as date_sortie,
        cast(null as integer) as nb_seances,
        max(case when rhs.date_sortie is not null then rhs.mode_sortie end) as mode_sortie,
        false as chirurgical,
        min(rhs.ligne_source) as ligne_source
    from rhs
    left join {{ ref('stg_pmsi__hosp_pmsi') }} as liens
        on
            rhs.finess_ej = liens.finess_ej
            and rhs.numero_sejour = liens.numero_sejour
            and liens.champ = 'SMR'
    group by rhs.finess_ej, rhs.numero_sejour

),

sejours_had as (

    select
        rpss.finess_ej,
        coalesce(max(liens.nda), rpss.numero_sejour) as iep,
        max(rpss.ipp) as ipp,
        max(rpss.finess_geo) as finess_geo,
        'HAD' as champ,
        'COMPLETE' as mode_hospitalisation,
        cast(null as string) as type_seance,
        rpss.numero_sejour,
        min(rpss.date_entree) as date_entree,
        max(rpss.date_sortie) as date_sortie,
        cast(null as integer) as nb_seances,
        max(case when rpss.date_sortie is not null then rpss.mode_sortie end) as mode_sortie,
        false as chirurgical,
        min(rpss.ligne_source) as ligne_source
    from {{ ref('stg_pmsi__rpss') }} as rpss
    left join {{ ref('stg_pmsi__hosp_pmsi') }} as liens
        on
            rpss.finess_ej = liens.finess_ej
            and rpss.numero_sejour = liens.numero_sejour
            and liens.champ = 'HAD'
    group by rpss.finess_ej, rpss.numero_sejour

),

sejours_psy as (

    select
        rps.finess_ej,
        coalesce(max(liens.nda), rps.numero_sejour) as iep,
        max(rps.ipp) as ipp,
        max(rps.finess_geo) as finess_geo,
        'PSY' as champ,
        case when min(rps.forme_activite) like '01%' then 'COMPLETE' else 'PARTIELLE' end as mode_hospitalisation,
        cast(null as string) as type_seance,
        rps.numero_sejour,
        min(rps.date_entree) as date_entree,
        max(rps.date_sortie) as date_sortie,
        cast(null as integer) as nb_seances,
        max(case when rps.date_sortie is not null then rps.mode_sortie end) as mode_sortie,
        false as chirurgical,
        min(rps.ligne_source) as ligne_source
    from {{ ref('stg_pmsi__rps') }} as rps
    left join {{ ref('stg_pmsi__hosp_pmsi') }} as liens
        on
            rps.finess_ej = liens.finess_ej
            and rps.numero_sejour = liens.numero_sejour
            and liens.champ = 'PSY'
    group by rps.finess_ej, rps.numero_sejour

),

-- MCO and SMR lines do not bear the IPP: VID-HOSP does.
sejours as (

    {% for source in ['sejours_mco', 'sejours_smr'] -%}
        select
            {{ source }}.finess_ej,
            {{ source }}.iep,
            vidhosp.ipp,
            {{ source }}.finess_geo,
            {{ source }}.champ,
            {{ source }}.mode_hospitalisation,
            {{ source }}.type_seance,
            {{ source }}.numero_sejour,
            {{ source }}.date_entree,
            {{ source }}.date_sortie,
            {{ source }}.nb_seances,
            {{ source }}.mode_sortie,
            {{ source }}.chirurgical,
            {{ source }}.ligne_source
        from {{ source }}
        left join {{ ref('stg_pmsi__vidhosp') }} as vidhosp
            on
                {{ source }}.finess_ej = vidhosp.finess_ej
                and {{ source }}.iep = vidhosp.nda

        union all

    {% endfor -%}
    {% for source in ['sejours_had', 'sejours_psy'] -%}
        select
            finess_ej,
            iep,
            ipp,
            finess_geo,
            champ,
            mode_hospitalisation,
            type_seance,
            numero_sejour,
            date_entree,
            date_sortie,
            nb_seances,
            mode_sortie,
            chirurgical,
            ligne_source
        from {{ source }}
                {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    sejours.finess_ej,
    sejours.iep,
    sejours.ipp,
    sejours.finess_geo,
    sejours.champ,
    sejours.mode_hospitalisation,
    sejours.type_seance,
    sejours.numero_sejour,
    venues_gam.uf,
    cast(sejours.date_entree as timestamp) as date_entree,
    cast(sejours.date_sortie as timestamp) as date_sortie,
    cast(sejours.nb_seances as integer) as nb_seances,
    case when sejours.mode_sortie is not null then coalesce(modes.mode_sortie, 'AUTRE') end as mode_sortie,
    cast(null as boolean) as facturation_ace,
    cast(null as boolean) as consultation_medicale,
    coalesce(sejours.chirurgical, false) as chirurgical,
    sejours.ligne_source
from sejours
left join {{ ref('modes_sortie_pmsi') }} as modes
    on sejours.mode_sortie = modes.mode_pmsi
left join {{ ref('stg_gam__venues') }} as venues_gam
    on
        sejours.finess_ej = venues_gam.finess_ej
        and sejours.iep = venues_gam.iep
