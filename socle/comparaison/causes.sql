-- Each moved unit in one class of cause: the first, in the order of seed causes_mouvement, of which a fact of its objects is.
-- Among the facts of a unit that was there and is there, those that its step of the funnel names come first; its own objects
-- come before its patient's others. Without any fact, the rule when it changed, else another datum.
with changements as (

    select
        coalesce(avant.finess_ej, apres.finess_ej) as finess_ej,
        coalesce(avant.nature, apres.nature) as nature,
        coalesce(avant.genre, apres.genre) as genre,
        coalesce(avant.objet, apres.objet) as objet,
        case when avant.objet is null then 'NOUVEAU' when apres.objet is null then 'DISPARU' else 'MODIFIE' end as changement,
        coalesce(avant.debut, apres.debut) as debut,
        coalesce(avant.fin, apres.fin) as fin
    from faits_avant as avant
    full outer join faits_apres as apres
        on
            avant.finess_ej = apres.finess_ej
            and avant.nature = apres.nature
            and avant.genre = apres.genre
            and avant.objet = apres.objet
            and avant.element = apres.element
    where avant.valeur is distinct from apres.valeur

),

objets as (

    select * from objets_avant
    union
    select * from objets_apres

),

premieres as (

    select
        deplacees.numero,
        min_by(
            causes.cause,
            1000 * (not objets.proche)::integer
            + 100 * (not objets.proche or causes.nature is distinct from etapes.nature)::integer
            + case when deplacees.mouvement in ('GAGNEE', 'PERDUE') then causes.ordre_si_presente else causes.ordre end
        ) as cause
    from deplacees
    inner join objets
        on
            deplacees.finess_ej = objets.finess_ej
            and deplacees.unite = objets.unite
            and deplacees.unite_id = objets.unite_id
            and deplacees.periode_debut = objets.periode_debut
    inner join changements
        on
            objets.finess_ej = changements.finess_ej
            and objets.genre = changements.genre
            and objets.objet = changements.objet
            and coalesce(deplacees.periode_fin >= changements.debut, true)
            and coalesce(deplacees.periode_debut <= changements.fin, true)
    inner join {{ base }}reference.causes_mouvement as causes
        on changements.nature = causes.nature and coalesce(changements.changement = causes.changement, true)
    left join {{ base }}reference.etapes as etapes
        on
            case deplacees.mouvement when 'GAGNEE' then deplacees.etape_avant when 'PERDUE' then deplacees.etape_apres end
            = etapes.etape
    group by deplacees.numero

)

select
    deplacees.* exclude (numero),
    coalesce(premieres.cause, {{ sans_fait }}) as cause
from deplacees
left join premieres
    on deplacees.numero = premieres.numero
