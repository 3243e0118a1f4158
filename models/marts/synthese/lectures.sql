-- What the indicators would be under the other readings of the guides: one row per variable of lectures_possibles and value
-- that this build does not take, indicator that it is reported for, establishment and period; without those that no
-- reading counts a case for.
-- ecart_points: the rate under that reading less the rate retained. change_la_cible: the target would be reached and is
-- not, or the reverse.
-- depends_on: {{ ref('lectures_possibles') }} {{ ref('lectures_indicateurs') }} {{ ref('catalogue_indicateurs') }}

with lues as (

    {% if execute %}{{ lire_de_toutes_les_facons() }}{% endif %}

)

select
    lues.variable,
    lues.valeur,
    retenues.programme,
    lues.indicateur,
    lues.finess_ej,
    lues.periode_debut,
    lues.periode_fin,
    retenues.periode_complete,
    lues.numerateur,
    lues.denominateur,
    lues.taux,
    lues.cible_atteinte,
    lues.taux - retenues.taux as ecart_points,
    (lues.cible_atteinte is distinct from retenues.cible_atteinte) as change_la_cible,
    retenues.numerateur as numerateur_retenu,
    retenues.denominateur as denominateur_retenu,
    retenues.taux as taux_retenu,
    retenues.applicable
from lues
inner join {{ ref('indicateurs') }} as retenues
    on
        lues.indicateur = retenues.indicateur
        and lues.finess_ej = retenues.finess_ej
        and lues.periode_debut = retenues.periode_debut
        and lues.periode_fin = retenues.periode_fin
        and retenues.axe = 'TOUS'
where
    lues.denominateur > 0
    or retenues.denominateur > 0
order by lues.variable, retenues.ordre, lues.finess_ej, lues.periode_debut
