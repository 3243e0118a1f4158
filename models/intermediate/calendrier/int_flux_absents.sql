-- What an indicator needs and an establishment does not send: one row per indicator, establishment and missing requirement.
-- A requirement may be met by either of two flux: « flux | flux ».

select
    besoins.indicateur,
    etablissements.finess_ej,
    besoins.flux
from {{ ref('int_besoins') }} as besoins
cross join {{ ref('stg_reference__etablissements') }} as etablissements
left join {{ ref('int_flux_presents') }} as presents
    on
        etablissements.finess_ej = presents.finess_ej
        and (
            presents.flux = split_part(besoins.flux, ' | ', 1)
            or presents.flux = split_part(besoins.flux, ' | ', 2)
        )
where presents.flux is null
