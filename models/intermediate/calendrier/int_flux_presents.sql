-- Which flux each establishment sends: one row per flux with at least one file that could be read.

select
    finess_ej,
    flux
from {{ ref('stg_reference__fichiers') }}
where etat = 'LU' and finess_ej is not null

union

-- « PMSI replaces the GAM's venues » of an establishment that chooses it: its files are that flux.
select
    fichiers.finess_ej,
    'gam/venues' as flux
from {{ ref('stg_reference__fichiers') }} as fichiers
inner join {{ ref('stg_reference__etablissements') }} as etablissements
    on
        fichiers.finess_ej = etablissements.finess_ej
        and etablissements.source_sejours = 'PMSI'
where fichiers.etat = 'LU' and fichiers.flux like 'pmsi/%'

union

-- Messages carry what these flux carry.
select
    fichiers.finess_ej,
    portes.flux
from {{ ref('stg_reference__fichiers') }} as fichiers
inner join {{ ref('flux_des_messages') }} as portes
    on fichiers.flux = portes.flux_messages
where fichiers.etat = 'LU'
