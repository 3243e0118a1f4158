-- Which flux each establishment sends: one row per flux with at least one file that could be read.

with fichiers_lus as (

    select
        finess_ej,
        flux
    from {{ ref('stg_reference__fichiers') }}
    where
        etat = 'LISIBLE'
        and finess_ej is not null
        -- What serves the reading of others is no flux.
        and flux not like 'correspondances/%'

),

portes as (

    select
        finess_ej,
        flux
    from fichiers_lus

    union all

    -- « PMSI replaces the GAM's venues » of an establishment that chooses it: its files are that flux.
    select
        fichiers_lus.finess_ej,
        'gam/venues' as flux
    from fichiers_lus
    inner join {{ ref('stg_reference__etablissements') }} as etablissements
        on
            fichiers_lus.finess_ej = etablissements.finess_ej
            and etablissements.source_sejours = 'PMSI'
    where fichiers_lus.flux like 'pmsi/%'

    union all

    -- Messages carry what these flux carry.
    select
        fichiers_lus.finess_ej,
        flux_des_messages.flux
    from fichiers_lus
    inner join {{ ref('flux_des_messages') }} as flux_des_messages
        on fichiers_lus.flux = flux_des_messages.flux_messages

)

select distinct
    finess_ej,
    flux
from portes
