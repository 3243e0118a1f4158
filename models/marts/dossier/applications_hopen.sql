-- HOP'EN: which application serves which indicator, and is it the same everywhere in the group. One row per establishment
-- that has the activity, indicator of seed declinaisons_ght and application in service on the day of extraction; one row
-- without an application where none is declared.
-- « La ou les applications utilisées … sont identiques au sein du GHT »; « l'établissement support s'assure que les
-- applications utilisées sont conformes à la stratégie de convergence du GHT » (guide HOP'EN, « Déclinaison GHT »).
-- identique_au_sein_du_ght: false as soon as two are declared; true when one is, by every establishment concerned; null
-- when somebody has not declared, without a group, or where the guide asks for nothing in common.
-- An application declared for a domain (D3) serves all the indicators of it (D3.1 … D3.5).

with cadre as (

    select
        etablissements.finess_ej,
        etablissements.ght,
        declinaisons.indicateur,
        declinaisons.commun,
        declinaisons.solution_demandee = 'oui' as solution_demandee
    from {{ ref('stg_reference__etablissements') }} as etablissements
    cross join {{ ref('declinaisons_ght') }} as declinaisons
    inner join {{ ref('catalogue_indicateurs') }} as indicateurs
        on declinaisons.indicateur = indicateurs.indicateur
    where {{ possede_activite('indicateurs.activite', 'etablissements') }}

),

en_service as (

    select
        cadre.finess_ej,
        cadre.ght,
        cadre.indicateur,
        applications.editeur,
        applications.solution,
        applications.date_debut,
        applications.convergence,
        lower(trim(applications.editeur)) || '|' || lower(trim(applications.solution)) as application
    from cadre
    inner join {{ ref('stg_declaratif__applications') }} as applications
        on
            cadre.finess_ej = applications.finess_ej
            and (
                cadre.indicateur = upper(trim(applications.domaine))
                or cadre.indicateur like upper(trim(applications.domaine)) || '.%'
            )
    where
        applications.date_debut <= {{ date_extraction() }}
        and coalesce(applications.date_fin >= {{ date_extraction() }}, true)

),

groupes as (

    select
        cadre.ght,
        cadre.indicateur,
        count(distinct cadre.finess_ej) as nb_etablissements,
        count(distinct en_service.finess_ej) as nb_etablissements_declares,
        count(distinct en_service.application) as nb_applications
    from cadre
    left join en_service
        on
            cadre.finess_ej = en_service.finess_ej
            and cadre.indicateur = en_service.indicateur
    where cadre.commun is not null
    group by cadre.ght, cadre.indicateur

)

select
    'HOPEN' as programme,
    cadre.indicateur,
    cadre.finess_ej,
    cadre.ght,
    cast(row_number() over (
        partition by cadre.finess_ej, cadre.indicateur
        order by en_service.editeur, en_service.solution, en_service.date_debut, en_service.convergence
    ) as int) as rang,
    cadre.commun,
    cadre.solution_demandee,
    en_service.editeur,
    en_service.solution,
    en_service.date_debut,
    en_service.convergence,
    groupes.nb_etablissements,
    groupes.nb_etablissements_declares,
    groupes.nb_applications,
    case
        when groupes.nb_applications > 1 then false
        when groupes.nb_etablissements = groupes.nb_etablissements_declares then true
    end as identique_au_sein_du_ght
from cadre
left join en_service
    on
        cadre.finess_ej = en_service.finess_ej
        and cadre.indicateur = en_service.indicateur
left join groupes
    on
        cadre.ght = groupes.ght
        and cadre.indicateur = groupes.indicateur
order by cadre.finess_ej, cadre.indicateur, rang
