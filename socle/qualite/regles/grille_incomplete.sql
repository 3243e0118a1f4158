-- objet: marts.indicateurs
-- dimension: coherence
-- severite: bloquante
-- titre: Indicateurs qui ne remplissent pas exactement leur grille
-- explication: Chaque établissement, indicateur, période et valeur d’axe attendus a une ligne, avec sa cible, et il n’y en
--   a pas d’autre. Un écart est un défaut de calcul.
-- remede: Signaler l’indicateur et le mois au mainteneur de socle.
-- population: select count(*) from intermediaire.int_grille
select
    coalesce(grille.finess_ej, indicateurs.finess_ej, 'Tous') as finess_ej,
    concat_ws(
        ' de ',
        coalesce(grille.indicateur, indicateurs.indicateur),
        strftime(coalesce(grille.periode_debut, indicateurs.periode_debut), '%Y-%m')
    ) as detail
from intermediaire.int_grille as grille
full outer join marts.indicateurs as indicateurs
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
