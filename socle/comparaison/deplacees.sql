-- The units that moved in the compared cells, one row each and way of moving. Where every value of the axis has the same
-- denominator (« commun »), a unit is once in « TOUS » and once for each value in whose numerator it is.
with changees as (

    select distinct
        coalesce(avant.finess_ej, apres.finess_ej) as finess_ej,
        coalesce(avant.indicateur, apres.indicateur) as indicateur,
        coalesce(avant.periode_debut, apres.periode_debut) as periode_debut,
        coalesce(avant.unite_id, apres.unite_id) as unite_id
    from unites_avant as avant
    full outer join unites_apres as apres
        on
            avant.finess_ej = apres.finess_ej
            and avant.indicateur = apres.indicateur
            and avant.periode_debut = apres.periode_debut
            and avant.axe = apres.axe
            and avant.unite_id = apres.unite_id
    where avant.au_numerateur is distinct from apres.au_numerateur

),

toutes as (

    select *, 'avant' as cote from unites_avant
    union all
    select *, 'apres' as cote from unites_apres

),

retenues as (

    select toutes.*, natures.commun, natures.unite, natures.sans_denominateur
    from toutes
    semi join changees
        on
            toutes.finess_ej = changees.finess_ej
            and toutes.indicateur = changees.indicateur
            and toutes.periode_debut = changees.periode_debut
            and toutes.unite_id = changees.unite_id
    inner join natures
        on toutes.indicateur = natures.indicateur

),

etendues as (

    select * exclude (commun)
    from retenues
    where not commun

    union all

    select
        retenues.* exclude (commun) replace (
            cellules.axe as axe,
            par_axe.unite_id is not null and par_axe.au_numerateur as au_numerateur
        )
    from retenues
    inner join cellules
        on
            retenues.finess_ej = cellules.finess_ej
            and retenues.indicateur = cellules.indicateur
            and retenues.periode_debut = cellules.periode_debut
    left join retenues as par_axe
        on
            retenues.cote = par_axe.cote
            and retenues.finess_ej = par_axe.finess_ej
            and retenues.indicateur = par_axe.indicateur
            and retenues.periode_debut = par_axe.periode_debut
            and retenues.unite_id = par_axe.unite_id
            and cellules.axe = par_axe.axe
    where retenues.commun and retenues.axe = 'TOUS'

),

etendues_avant as (

    select * from etendues
    where cote = 'avant'

),

etendues_apres as (

    select * from etendues
    where cote = 'apres'

),

rapprochees as (

    select
        coalesce(avant.finess_ej, apres.finess_ej) as finess_ej,
        coalesce(avant.indicateur, apres.indicateur) as indicateur,
        coalesce(avant.periode_debut, apres.periode_debut) as periode_debut,
        coalesce(avant.periode_fin, apres.periode_fin) as periode_fin,
        coalesce(avant.axe, apres.axe) as axe,
        coalesce(avant.unite, apres.unite) as unite,
        coalesce(avant.unite_id, apres.unite_id) as unite_id,
        coalesce(avant.sans_denominateur, apres.sans_denominateur) as sans_denominateur,
        case
            when avant.unite_id is null
                then case when apres.au_numerateur then 'ENTREE_COMPTEE' else 'ENTREE_NON_COMPTEE' end
            when apres.unite_id is null
                then case when avant.au_numerateur then 'SORTIE_COMPTEE' else 'SORTIE_NON_COMPTEE' end
            when apres.au_numerateur and not avant.au_numerateur then 'GAGNEE'
            when avant.au_numerateur and not apres.au_numerateur then 'PERDUE'
        end as mouvement,
        avant.etape as etape_avant,
        apres.etape as etape_apres
    from etendues_avant as avant
    full outer join etendues_apres as apres
        on
            avant.finess_ej = apres.finess_ej
            and avant.indicateur = apres.indicateur
            and avant.periode_debut = apres.periode_debut
            and avant.axe = apres.axe
            and avant.unite_id = apres.unite_id

)

select row_number() over () as numero, rapprochees.*
from rapprochees
semi join cellules
    on
        rapprochees.finess_ej = cellules.finess_ej
        and rapprochees.indicateur = cellules.indicateur
        and rapprochees.periode_debut = cellules.periode_debut
        and rapprochees.axe = cellules.axe
where rapprochees.mouvement is not null
