-- Quelle venue fait partie de quel séjour : une ligne par séjour et IEP, avec les dates de ses venues.
-- MCO, SMR, PSY, HAD : les venues d'un patient qui partagent numero_sejour ; sans lui, celles d'un IEP.
-- Radiothérapie, chimiothérapie : au moins 3 séances en moins de 3 mois. Dialyse : au moins 3 séances en 4 mois.
-- Guide HOP'EN2 phase 1, définition de la notion de séjour.
-- Lecture seances_autres : une séance d'un autre type, ou sans type, est un séjour comme une autre venue (comptees), ou
-- n'en fait aucun (exclues).
-- Le PMSI peut dire plusieurs venues sous un IEP, surtout des séances : cet IEP fait alors partie de plusieurs séjours.

with seances as (

    select
        finess_ej,
        ipp,
        type_seance as activite,
        iep,
        date_entree,
        date_sortie,
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
        iep,
        date_entree,
        date_sortie
    from {{ series_de_seances("(select * from seances where activite <> 'DIALYSE')", var('serie_mois')) }}

    union all

    select
        finess_ej,
        ipp,
        activite,
        debut,
        iep,
        date_entree,
        date_sortie
    from {{ series_de_seances("(select * from seances where activite = 'DIALYSE')", var('dialyse_mois')) }}

),

rattachements as (

    select
        finess_ej,
        champ as activite,
        ipp,
        coalesce(numero_sejour, iep) as regroupement,
        cast(null as date) as debut,
        iep,
        date_entree,
        date_sortie
    from {{ ref('int_venues') }}
    where
        est_hospitaliere
        and not est_seance
        and (mode_hospitalisation is distinct from 'SEANCE' or '{{ var("seances_autres") }}' = 'comptees')

    union all

    select
        finess_ej,
        activite,
        ipp,
        cast(null as string) as regroupement,
        debut,
        iep,
        date_entree,
        date_sortie
    from series

),

nommes as (

    select
        finess_ej,
        activite,
        ipp,
        regroupement,
        debut,
        iep,
        date_entree,
        date_sortie,
        min(iep) over (partition by finess_ej, activite, ipp, regroupement, debut) as premier_iep
    from rattachements

),

-- Two séjours of one activity that begin with the same IEP are told apart by their rank.
numerotes as (

    select
        finess_ej,
        activite,
        ipp,
        debut,
        iep,
        date_entree,
        date_sortie,
        premier_iep,
        dense_rank() over (
            partition by finess_ej, activite, premier_iep order by debut, regroupement, ipp
        ) as rang
    from nommes

)

select
    finess_ej || ':' || activite || ':' || premier_iep
    || case when rang > 1 then '#' || cast(rang as string) else '' end as sejour_id,
    finess_ej,
    activite,
    ipp,
    debut as debut_de_serie,
    iep,
    min(date_entree) as date_entree,
    -- Open while one of its venues is.
    case when count(*) = count(date_sortie) then max(date_sortie) end as date_sortie,
    max(coalesce(date_sortie, date_entree)) as dernier_jour,
    count(*) as nb_venues
from numerotes
group by finess_ej, activite, premier_iep, rang, ipp, debut, iep
