-- How each indicator moves from one period to the next, in points: month on month (a rolling quarter or semester also
-- advances by one month), fortnight on fortnight. A state at one instant has no evolution.
-- The former period is the preceding one of the grid, whether it had a case or not: a hole is not jumped over.

with suites as (

    select
        programme,
        indicateur,
        finess_ej,
        axe,
        periode_debut,
        periode_fin,
        periode_complete,
        numerateur,
        denominateur,
        taux,
        cible,
        applicable,
        lag(periode_debut) over (
            partition by indicateur, finess_ej, axe
            order by periode_debut
        ) as periode_precedente_debut,
        lag(numerateur) over (partition by indicateur, finess_ej, axe order by periode_debut) as numerateur_precedent,
        lag(denominateur) over (
            partition by indicateur, finess_ej, axe
            order by periode_debut
        ) as denominateur_precedent,
        lag(taux) over (partition by indicateur, finess_ej, axe order by periode_debut) as taux_precedent,
        lag(applicable) over (partition by indicateur, finess_ej, axe order by periode_debut) as applicable_precedent,
        ordre,
        libelle,
        raison_sociale,
        ght
    from {{ ref('indicateurs') }}
    where nature <> 'declaratif' and periode_debut < periode_fin

)

select
    programme,
    indicateur,
    finess_ej,
    axe,
    periode_debut,
    periode_fin,
    periode_complete,
    periode_precedente_debut,
    numerateur,
    numerateur_precedent,
    denominateur,
    denominateur_precedent,
    taux,
    taux_precedent,
    taux - taux_precedent as evolution_points,
    numerateur - numerateur_precedent as evolution_numerateur,
    taux - cible as ecart_cible_points,
    applicable,
    applicable_precedent,
    ordre,
    libelle,
    raison_sociale,
    ght
from suites
order by ordre, finess_ej, periode_debut, periode_fin, axe
