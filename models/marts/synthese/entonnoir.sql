-- How far the units of each document indicator got: one row per indicator, establishment, month and step. The steps
-- add up to the denominator, ALIMENTE is the numerator. A SUN-ES indicator has the funnel of its HOP'EN2 twin.

with comptes as (

    select
        population,
        finess_ej,
        periode_debut,
        etape,
        count(*) as nb
    from {{ ref('int_unites') }}
    where etape is not null
    group by population, finess_ej, periode_debut, etape

)

select
    grille.programme,
    grille.indicateur,
    grille.finess_ej,
    grille.periode_debut,
    grille.periode_fin,
    etapes.ordre as ordre_etape,
    etapes.etape,
    etapes.libelle as libelle_etape,
    coalesce(comptes.nb, 0) as nb
from {{ ref('int_grille') }} as grille
inner join {{ ref('catalogue_indicateurs') }} as indicateurs
    on
        grille.indicateur = indicateurs.indicateur
        and indicateurs.entonnoir = 'oui'
-- ALIMENTE_APRES is a step of the reading alimentation_jusqu_a = fin_du_mois alone.
inner join {{ ref('etapes') }} as etapes
    on etapes.etape <> 'ALIMENTE_APRES' or '{{ var("alimentation_jusqu_a") }}' = 'fin_du_mois'
left join comptes
    on
        indicateurs.population = comptes.population
        and grille.finess_ej = comptes.finess_ej
        and grille.periode_debut = comptes.periode_debut
        and etapes.etape = comptes.etape
order by grille.ordre, grille.finess_ej, grille.periode_debut, etapes.ordre
