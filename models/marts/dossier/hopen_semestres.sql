-- HOP'EN: the half-yearly deposits (« Fréquence : semestrielle », every fiche). One row per establishment, half-year and
-- indicator: the latest period that ends in it and is entirely known, and the latest deposit made of one of its periods
-- (declaratif/depots). What has no period but the day of extraction (declarations, services) is expected in the half-year of
-- that day.

with periodes as (

    select
        finess_ej,
        indicateur,
        periode_debut,
        periode_fin,
        year(periode_fin) as annee,
        case when month(periode_fin) <= 6 then 1 else 2 end as semestre
    from {{ ref('indicateurs') }}
    where
        programme = 'HOPEN'
        and axe_est_total
        and periode_complete

),

attendus as (

    select
        finess_ej,
        annee,
        semestre,
        indicateur,
        max(periode_debut) as periode_debut,
        max(periode_fin) as periode_fin
    from periodes
    group by finess_ej, annee, semestre, indicateur

),

-- The end of the period says the half-year; a deposit of a period that is not known here is of that of its first day.
depots as (

    select
        depots.finess_ej,
        depots.indicateur,
        depots.date_depot,
        year(coalesce(periodes.periode_fin, depots.periode_debut)) as annee,
        case when month(coalesce(periodes.periode_fin, depots.periode_debut)) <= 6 then 1 else 2 end as semestre
    from {{ ref('stg_declaratif__depots') }} as depots
    left join periodes
        on
            depots.finess_ej = periodes.finess_ej
            and depots.indicateur = periodes.indicateur
            and depots.periode_debut = periodes.periode_debut
    where
        depots.programme = 'HOPEN'
        and depots.date_depot <= {{ date_extraction() }}

)

select
    attendus.finess_ej,
    cast(attendus.annee as int) as annee,
    attendus.semestre,
    attendus.indicateur,
    attendus.periode_debut,
    attendus.periode_fin,
    max(depots.date_depot) as date_depot
from attendus
left join depots
    on
        attendus.finess_ej = depots.finess_ej
        and attendus.indicateur = depots.indicateur
        and attendus.annee = depots.annee
        and attendus.semestre = depots.semestre
group by
    attendus.finess_ej, attendus.annee, attendus.semestre, attendus.indicateur, attendus.periode_debut, attendus.periode_fin
order by attendus.finess_ej, attendus.annee, attendus.semestre, attendus.indicateur
