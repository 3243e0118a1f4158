-- Ce qui a été saisi dans oSIS, tel que l'établissement le tient (declaratif/depots), à côté de ce que disent les données
-- d'aujourd'hui : une ligne par établissement, indicateur et période déposés. Une période déposée plusieurs fois vaut par son
-- dernier dépôt connu le jour de l'extraction. Un dépôt dont la grille n'a pas la période reste, sans valeur actuelle.

with connus as (

    select
        finess_ej,
        programme,
        indicateur,
        periode_debut,
        date_depot,
        cast(numerateur as bigint) as numerateur_depose,
        cast(denominateur as bigint) as denominateur_depose,
        max(date_depot) over (partition by finess_ej, programme, indicateur, periode_debut) as date_du_dernier,
        count(*) over (partition by finess_ej, programme, indicateur, periode_debut) as nb_depots
    from {{ ref('stg_declaratif__depots') }}
    where date_depot <= {{ date_extraction() }}

),

derniers as (

    select
        finess_ej,
        programme,
        indicateur,
        periode_debut,
        date_depot,
        nb_depots,
        numerateur_depose,
        denominateur_depose,
        cast(100 as double) * numerateur_depose / nullif(denominateur_depose, 0) as taux_depose
    from connus
    where date_depot = date_du_dernier

)

select
    derniers.programme,
    derniers.indicateur,
    derniers.finess_ej,
    derniers.periode_debut,
    actuels.periode_fin,
    derniers.date_depot,
    derniers.nb_depots,
    derniers.numerateur_depose,
    derniers.denominateur_depose,
    derniers.taux_depose,
    actuels.numerateur,
    actuels.denominateur,
    actuels.taux,
    actuels.applicable,
    actuels.numerateur - derniers.numerateur_depose as ecart_numerateur,
    actuels.denominateur - derniers.denominateur_depose as ecart_denominateur,
    actuels.taux - derniers.taux_depose as ecart_depot_points,
    actuels.libelle,
    etablissements.raison_sociale,
    etablissements.ght
from derniers
left join {{ ref('indicateurs') }} as actuels
    on
        derniers.finess_ej = actuels.finess_ej
        and derniers.programme = actuels.programme
        and derniers.indicateur = actuels.indicateur
        and derniers.periode_debut = actuels.periode_debut
        and actuels.axe_est_total
left join {{ ref('stg_reference__etablissements') }} as etablissements
    on derniers.finess_ej = etablissements.finess_ej
order by derniers.finess_ej, derniers.programme, derniers.indicateur, derniers.periode_debut
