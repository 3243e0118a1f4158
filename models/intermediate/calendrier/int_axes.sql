-- Values of the axis of each indicator that has one; 'TOUS' for the others.

with natures_de_venue as (

    select 'SEJOUR' as axe

    union all

    select 'CONSULTATION' as axe

)

select
    indicateur,
    cast(null as string) as finess_ej,
    'TOUS' as axe
from {{ ref('catalogue_indicateurs') }}
where axe is null

union all

select
    indicateurs.indicateur,
    cast(null as string) as finess_ej,
    natures.axe
from {{ ref('catalogue_indicateurs') }} as indicateurs
cross join natures_de_venue as natures
where indicateurs.axe = 'nature de la venue'

union all

-- « the Ségur list for feeding and messages; every type, plus TOUS, for SV2.CONS.* »
select
    indicateurs.indicateur,
    cast(null as string) as finess_ej,
    types.type_code as axe
from {{ ref('catalogue_indicateurs') }} as indicateurs
cross join {{ ref('types_documents') }} as types
where
    indicateurs.axe = 'type_code'
    and (types.segur = 'oui' or indicateurs.types_de_l_axe = 'tous')

union all

select
    indicateur,
    cast(null as string) as finess_ej,
    'TOUS' as axe
from {{ ref('catalogue_indicateurs') }}
where
    axe = 'profil'
    or types_de_l_axe = 'tous'

union all

select distinct
    indicateurs.indicateur,
    utilisateurs.finess_ej,
    utilisateurs.profil as axe
from {{ ref('catalogue_indicateurs') }} as indicateurs
cross join {{ ref('stg_dpi__utilisateurs') }} as utilisateurs
-- The total has its row already: a profession called so would be counted twice.
where
    indicateurs.axe = 'profil'
    and utilisateurs.profil <> 'TOUS'
