-- The steps of a funnel add up to the denominator of its indicator, and ALIMENTE is its numerator, both ways.

with entonnoirs as (

    select
        indicateur,
        finess_ej,
        periode_debut,
        sum(nb) as nb_unites,
        sum(case when etape = 'ALIMENTE' then nb end) as nb_alimentees
    from {{ ref('entonnoir') }}
    group by indicateur, finess_ej, periode_debut

),

attendus as (

    select
        indicateurs.indicateur,
        indicateurs.finess_ej,
        indicateurs.periode_debut,
        indicateurs.denominateur,
        indicateurs.numerateur
    from {{ ref('indicateurs') }} as indicateurs
    inner join {{ ref('catalogue_indicateurs') }} as catalogue
        on
            indicateurs.indicateur = catalogue.indicateur
            and catalogue.entonnoir = 'oui'

)

select
    coalesce(attendus.indicateur, entonnoirs.indicateur) as indicateur,
    coalesce(attendus.finess_ej, entonnoirs.finess_ej) as finess_ej,
    coalesce(attendus.periode_debut, entonnoirs.periode_debut) as periode_debut,
    attendus.denominateur,
    entonnoirs.nb_unites,
    attendus.numerateur,
    entonnoirs.nb_alimentees
from attendus
full outer join entonnoirs
    on
        attendus.indicateur = entonnoirs.indicateur
        and attendus.finess_ej = entonnoirs.finess_ej
        and attendus.periode_debut = entonnoirs.periode_debut
where
    attendus.denominateur is distinct from entonnoirs.nb_unites
    or attendus.numerateur is distinct from entonnoirs.nb_alimentees
