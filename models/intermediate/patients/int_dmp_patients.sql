-- The patient's DMP from one day to another: one row per patient and day on which it was tested; the state of a day
-- is that of its last test. « Patient with DMP on day d: the latest test on or before d has statut_dmp = ACTIF and
-- opposition_alimentation = false. No such row: no DMP. »

with constats as (

    select
        finess_ej,
        ipp,
        cast(date_constat as date) as valable_du,
        max_by(statut_dmp, date_constat) as statut_dmp,
        max_by(opposition_alimentation, date_constat) as oppose_alimentation
    from {{ ref('int_gam_statuts_dmp') }}
    where cast(date_constat as date) <= {{ date_extraction() }}
    group by finess_ej, ipp, cast(date_constat as date)

)

select
    finess_ej,
    ipp,
    valable_du,
    coalesce(
        {{ date_moins_un_jour('lead(valable_du) over (partition by finess_ej, ipp order by valable_du)') }},
        cast('9999-12-31' as date)
    ) as valable_au,
    statut_dmp = 'ACTIF' and not oppose_alimentation as a_un_dmp,
    oppose_alimentation
from constats
