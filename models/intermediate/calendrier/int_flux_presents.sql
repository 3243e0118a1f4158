-- Which flux each establishment sends: one row per flux with at least one file that could be read.

select distinct
    finess_ej,
    flux
from {{ ref('stg_reference__fichiers') }}
where etat = 'LU' and finess_ej is not null
