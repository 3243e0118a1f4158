-- One row per venue known on the day of extraction. What happened later is not known: a later entry is ignored, a
-- later exit is only planned. Dates are calendar dates.
-- Per establishment, PMSI or GAM gives the hospital venues; EXTERNE and URGENCES always come from the GAM.

with sources as (

    select
        finess_ej,
        coalesce(source_sejours, 'GAM') as source_sejours
    from {{ ref('stg_reference__etablissements') }}

),

venues_gam as (

    select
        venues.finess_ej,
        venues.iep,
        venues.ipp,
        venues.finess_geo,
        venues.champ,
        venues.mode_hospitalisation,
        venues.type_seance,
        venues.numero_sejour,
        venues.uf,
        venues.date_entree,
        venues.date_sortie,
        venues.nb_seances,
        facturations.iep is not null as facturation_ace,
        facturations.source as source_facturation,
        venues.consultation_medicale
    from {{ ref('int_gam_venues') }} as venues
    inner join sources
        on venues.finess_ej = sources.finess_ej
    left join {{ ref('int_facturation_ace') }} as facturations
        on
            venues.finess_ej = facturations.finess_ej
            and venues.iep = facturations.iep
    where
        sources.source_sejours <> 'PMSI'
        or venues.champ in ('EXTERNE', 'URGENCES')

),

venues_pmsi as (

    select
        venues.finess_ej,
        venues.iep,
        venues.ipp,
        venues.finess_geo,
        venues.champ,
        venues.mode_hospitalisation,
        venues.type_seance,
        venues.numero_sejour,
        venues.uf,
        venues.date_entree,
        venues.date_sortie,
        venues.nb_seances,
        venues.facturation_ace,
        cast(null as string) as source_facturation,
        venues.consultation_medicale
    from {{ ref('int_venues_pmsi') }} as venues
    inner join sources
        on
            venues.finess_ej = sources.finess_ej
            and sources.source_sejours = 'PMSI'

),

venues as (

    select * from venues_gam
    union all
    select * from venues_pmsi

),

connues as (

    select
        finess_ej,
        iep,
        ipp,
        finess_geo,
        champ,
        mode_hospitalisation,
        type_seance,
        numero_sejour,
        uf,
        cast(date_entree as date) as date_entree,
        case when cast(date_sortie as date) <= {{ date_extraction() }} then cast(date_sortie as date) end as date_sortie,
        coalesce(nb_seances, 1) as nb_seances,
        facturation_ace,
        source_facturation,
        consultation_medicale,
        -- P1.O4: an act alone is no consultation; the export that says nothing does not leave the venue out.
        (
            champ = 'EXTERNE'
            and facturation_ace
            and consultation_medicale is distinct from false
        ) as est_consultation_facturee,
        champ not in ('EXTERNE', 'URGENCES') as est_hospitaliere,
        coalesce(
            champ not in ('EXTERNE', 'URGENCES')
            and mode_hospitalisation = 'SEANCE'
            and type_seance in ('DIALYSE', 'CHIMIOTHERAPIE', 'RADIOTHERAPIE'),
            false
        ) as est_seance
    from venues
    where cast(date_entree as date) <= {{ date_extraction() }}

)

select
    finess_ej,
    iep,
    ipp,
    finess_geo,
    champ,
    mode_hospitalisation,
    type_seance,
    numero_sejour,
    uf,
    date_entree,
    date_sortie,
    -- « the last day of an open hospital venue is date_extraction, that of an open EXTERNE, URGENCES or SEANCE
    -- venue is its date_entree »
    coalesce(
        date_sortie,
        case
            when est_hospitaliere and mode_hospitalisation is distinct from 'SEANCE' then {{ date_extraction() }}
            else date_entree
        end
    ) as dernier_jour,
    nb_seances,
    facturation_ace,
    source_facturation,
    consultation_medicale,
    est_consultation_facturee,
    est_hospitaliere,
    est_seance
from connues
