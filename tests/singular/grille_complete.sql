-- Every row of the grid has its row in the table of its indicator, and the tables hold nothing else.

select
    grille.indicateur as indicateur_de_la_grille,
    indicateurs.indicateur,
    coalesce(grille.finess_ej, indicateurs.finess_ej) as finess_ej,
    coalesce(grille.periode_debut, indicateurs.periode_debut) as periode_debut,
    coalesce(grille.axe, indicateurs.axe) as axe
from {{ ref('int_grille') }} as grille
full outer join {{ ref('indicateurs') }} as indicateurs
    on
        grille.indicateur = indicateurs.indicateur
        and grille.finess_ej = indicateurs.finess_ej
        and grille.periode_debut = indicateurs.periode_debut
        and grille.periode_fin = indicateurs.periode_fin
        and grille.axe = indicateurs.axe
where
    grille.indicateur is distinct from indicateurs.indicateur
    or grille.programme is distinct from indicateurs.programme
    or grille.periode_complete is distinct from indicateurs.periode_complete
    or grille.cible is distinct from indicateurs.cible
