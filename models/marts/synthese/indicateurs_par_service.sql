-- Who must be called: every rate by pôle, service and UF. One row per indicator, establishment, period, value of the axis,
-- level and structure that has a unit.
-- A patient or a correspondant is at each service met: « s_additionne » is false, the services do not add up. Users have no
-- service in what is exported. Types of documents have no row: only the total of their axis has.

with unites as (

    select
        catalogue.indicateur,
        unites.finess_ej,
        unites.periode_debut,
        unites.axe,
        unites.unite_id,
        unites.au_numerateur,
        rattachements.rattachement,
        rattachements.s_additionne = 'oui' as s_additionne,
        -- What comes back is placed month by month.
        case when rattachements.s_additionne = 'non' then unites.periode_debut end as mois
    from {{ ref('int_unites') }} as unites
    inner join {{ ref('catalogue_indicateurs') }} as catalogue
        on
            unites.population = catalogue.population
            and coalesce(unites.indicateur, catalogue.indicateur) = catalogue.indicateur
            and (unites.axe = 'TOUS' or catalogue.axe = 'nature de la venue')
    inner join {{ ref('definitions') }} as definitions
        on catalogue.indicateur = definitions.indicateur
    inner join {{ ref('rattachements_unites') }} as rattachements
        on
            definitions.unite = rattachements.unite
            and coalesce(rattachements.axe, unites.axe) = unites.axe

),

comptes as (

    select
        unites.indicateur,
        unites.finess_ej,
        unites.periode_debut,
        unites.axe,
        unites.s_additionne,
        places.niveau,
        places.structure_id,
        places.structure_parente,
        count(*) filter (where unites.au_numerateur) as numerateur,
        count(*) as denominateur
    from unites
    inner join {{ ref('int_services_des_unites') }} as places
        on
            unites.rattachement = places.rattachement
            and unites.finess_ej = places.finess_ej
            and unites.unite_id = places.unite_id
            and unites.mois is not distinct from places.mois
    group by
        unites.indicateur,
        unites.finess_ej,
        unites.periode_debut,
        unites.axe,
        unites.s_additionne,
        places.niveau,
        places.structure_id,
        places.structure_parente

),

libelles as (

    select
        finess_ej,
        'UF' as niveau,
        uf as structure_id,
        libelle
    from {{ ref('stg_gam__unites_fonctionnelles') }}

    union all

    select
        finess_ej,
        'SERVICE' as niveau,
        service_id as structure_id,
        libelle
    from {{ ref('stg_gam__services') }}

)

select
    indicateurs.programme,
    indicateurs.indicateur,
    indicateurs.finess_ej,
    indicateurs.nature_periode,
    indicateurs.periode_debut,
    indicateurs.periode_fin,
    indicateurs.periode_libelle,
    indicateurs.periode_complete,
    juges.indicateur is not null as est_jugee,
    indicateurs.axe,
    indicateurs.axe_libelle,
    comptes.niveau,
    comptes.structure_id,
    case
        when comptes.structure_id = 'INCONNU' then 'Non renseigné dans l’export'
        else coalesce(libelles.libelle, comptes.structure_id)
    end as structure_libelle,
    comptes.structure_parente,
    comptes.numerateur,
    comptes.denominateur,
    comptes.denominateur - comptes.numerateur as nb_non_comptes,
    {{ taux_de('comptes.numerateur', 'comptes.denominateur') }} as taux,
    indicateurs.cible,
    {{ taux_de('comptes.numerateur', 'comptes.denominateur') }} - indicateurs.cible as ecart_cible_points,
    comptes.s_additionne,
    indicateurs.masque,
    indicateurs.ordre,
    indicateurs.libelle,
    indicateurs.raison_sociale,
    indicateurs.ght
from comptes
-- Only what was measured: a flux that is missing gives no rate to anybody.
inner join {{ ref('indicateurs') }} as indicateurs
    on
        comptes.indicateur = indicateurs.indicateur
        and comptes.finess_ej = indicateurs.finess_ej
        and comptes.periode_debut = indicateurs.periode_debut
        and comptes.axe = indicateurs.axe
        and indicateurs.applicable
left join {{ ref('indicateurs_juges') }} as juges
    on
        indicateurs.indicateur = juges.indicateur
        and indicateurs.finess_ej = juges.finess_ej
        and indicateurs.periode_debut = juges.periode_debut
        and indicateurs.axe = juges.axe
left join libelles
    on
        comptes.finess_ej = libelles.finess_ej
        and comptes.niveau = libelles.niveau
        and comptes.structure_id = libelles.structure_id
order by
    indicateurs.ordre, indicateurs.finess_ej, indicateurs.periode_debut, indicateurs.axe, comptes.niveau, comptes.structure_id
