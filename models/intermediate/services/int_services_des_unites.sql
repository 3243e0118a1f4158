{{ config(materialized='view') }}

-- Which pôle, service and UF answer for a unit: one row per unit and level, and per month where the unit is one that comes
-- back (patient, correspondant).
-- « A séjour belongs to the service of the venue it ends with, a document to that of its venue, a patient to each service
-- met. » What the export does not place is at INCONNU, so that the parts of a séjour, a venue or a document add up.

with venues_classees as (

    select
        finess_ej,
        iep,
        uf,
        row_number() over (
            partition by finess_ej, iep
            order by dernier_jour desc, date_entree desc, uf asc
        ) as rang
    from {{ ref('int_venues') }}

),

-- The PMSI may tell several venues of one IEP: it ends with the last.
venues as (

    select
        finess_ej,
        iep,
        uf
    from venues_classees
    where rang = 1

),

ufs as (

    select
        finess_ej,
        uf
    from {{ ref('int_venues') }}

    union

    -- The place of what the export does not place.
    select
        finess_ej,
        'INCONNU' as uf
    from {{ ref('stg_reference__etablissements') }}

),

places as (

    select
        ufs.finess_ej,
        ufs.uf,
        coalesce(structure.service_id, 'INCONNU') as service_id,
        coalesce(services.pole, 'INCONNU') as pole
    from ufs
    left join {{ ref('stg_gam__unites_fonctionnelles') }} as structure
        on
            ufs.finess_ej = structure.finess_ej
            and ufs.uf = structure.uf
    left join {{ ref('stg_gam__services') }} as services
        on
            structure.finess_ej = services.finess_ej
            and structure.service_id = services.service_id

),

niveaux as (

    select
        finess_ej,
        uf,
        'UF' as niveau,
        uf as structure_id,
        service_id as structure_parente
    from places

    union all

    select
        finess_ej,
        uf,
        'SERVICE' as niveau,
        service_id as structure_id,
        pole as structure_parente
    from places

    union all

    select
        finess_ej,
        uf,
        'POLE' as niveau,
        pole as structure_id,
        cast(null as string) as structure_parente
    from places

),

unites_d_une_venue as (

    select
        'SEJOUR' as rattachement,
        finess_ej,
        sejour_id as unite_id,
        iep
    from {{ ref('int_dernieres_venues') }}

    union all

    select
        'VENUE' as rattachement,
        finess_ej,
        iep as unite_id,
        iep
    from venues

    union all

    select
        'DOCUMENT' as rattachement,
        finess_ej,
        set_id as unite_id,
        iep
    from {{ ref('int_documents') }}

    union all

    select
        'RENDEZ_VOUS' as rattachement,
        finess_ej,
        rdv_id as unite_id,
        iep
    from {{ ref('int_dpi_rendez_vous') }}

)

select
    unites.rattachement,
    unites.finess_ej,
    cast(null as date) as mois,
    unites.unite_id,
    niveaux.niveau,
    niveaux.structure_id,
    niveaux.structure_parente
from unites_d_une_venue as unites
left join venues
    on
        unites.finess_ej = venues.finess_ej
        and unites.iep = venues.iep
inner join niveaux
    on
        unites.finess_ej = niveaux.finess_ej
        and coalesce(venues.uf, 'INCONNU') = niveaux.uf

union all

select distinct
    'PATIENT' as rattachement,
    venues_mois.finess_ej,
    venues_mois.periode_debut as mois,
    venues_mois.ipp as unite_id,
    niveaux.niveau,
    niveaux.structure_id,
    niveaux.structure_parente
from {{ ref('int_venues_mois') }} as venues_mois
inner join niveaux
    on
        venues_mois.finess_ej = niveaux.finess_ej
        and coalesce(venues_mois.uf, 'INCONNU') = niveaux.uf

union all

select distinct
    'CORRESPONDANT' as rattachement,
    venues_mois.finess_ej,
    venues_mois.periode_debut as mois,
    liens.correspondant_id as unite_id,
    niveaux.niveau,
    niveaux.structure_id,
    niveaux.structure_parente
from {{ ref('int_gam_venues_correspondants') }} as liens
inner join {{ ref('int_venues_mois') }} as venues_mois
    on
        liens.finess_ej = venues_mois.finess_ej
        and liens.iep = venues_mois.iep
inner join niveaux
    on
        venues_mois.finess_ej = niveaux.finess_ej
        and coalesce(venues_mois.uf, 'INCONNU') = niveaux.uf

union all

select
    'SERVICE' as rattachement,
    finess_ej,
    cast(null as date) as mois,
    service_id as unite_id,
    'SERVICE' as niveau,
    service_id as structure_id,
    coalesce(pole, 'INCONNU') as structure_parente
from {{ ref('stg_gam__services') }}

union all

select
    'SERVICE' as rattachement,
    finess_ej,
    cast(null as date) as mois,
    service_id as unite_id,
    'POLE' as niveau,
    coalesce(pole, 'INCONNU') as structure_id,
    cast(null as string) as structure_parente
from {{ ref('stg_gam__services') }}

union all

select distinct
    'POLE' as rattachement,
    finess_ej,
    cast(null as date) as mois,
    pole as unite_id,
    'POLE' as niveau,
    pole as structure_id,
    cast(null as string) as structure_parente
from {{ ref('stg_gam__services') }}
where pole is not null
