-- Which venue belongs to which séjour: one row per venue that is part of a séjour.
-- MCO, SMR, PSY, HAD: the venues of one patient that share numero_sejour; without it, a venue is its own séjour.
-- Radiothérapie, chimiothérapie: at least 3 séances in less than 3 months. Dialyse: at least 3 séances in 4 months.
-- Guide HOP'EN2 phase 1, « Définition de la notion de séjour ».

with seances as (

    select
        finess_ej,
        ipp,
        type_seance as activite,
        iep,
        date_entree,
        nb_seances
    from {{ ref('int_venues') }}
    where est_seance and ipp is not null

),

series as (

    select
        finess_ej,
        ipp,
        activite,
        debut,
        iep
    from {{ series_de_seances("(select * from seances where activite <> 'DIALYSE')", var('serie_mois')) }}

    union all

    select
        finess_ej,
        ipp,
        activite,
        debut,
        iep
    from {{ series_de_seances("(select * from seances where activite = 'DIALYSE')", var('dialyse_mois')) }}

),

rattachements as (

    select
        finess_ej,
        champ as activite,
        ipp,
        coalesce(numero_sejour, iep) as regroupement,
        cast(null as date) as debut,
        iep
    from {{ ref('int_venues') }}
    where est_hospitaliere and not est_seance

    union all

    select
        finess_ej,
        activite,
        ipp,
        cast(null as string) as regroupement,
        debut,
        iep
    from series

)

select
    concat(
        finess_ej, ':', activite, ':',
        min(iep) over (partition by finess_ej, activite, ipp, regroupement, debut)
    ) as sejour_id,
    finess_ej,
    activite,
    ipp,
    debut as debut_de_serie,
    iep
from rattachements
