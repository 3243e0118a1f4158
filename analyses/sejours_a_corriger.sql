-- Séjours to fix first: those of the latest complete month that did not reach the DMP, by type of document, step of
-- the funnel and unit of the last venue, with what the rate would gain if this step were repaired there. Greatest gain first.
-- dbt show --inline "$(cat analyses/sejours_a_corriger.sql)" --limit 50, or dbt compile then any SQL client.

with unites as (

    select
        'P1.O2.LDL' as indicateur,
        'LDL' as famille,
        finess_ej,
        periode_debut,
        unite_id,
        au_numerateur,
        etape
    from {{ ref('pop_hopen2_p1_o2_lettre_liaison') }}

    union all

    select
        'P1.O2.ODS' as indicateur,
        'ODS' as famille,
        finess_ej,
        periode_debut,
        unite_id,
        au_numerateur,
        etape
    from {{ ref('pop_hopen2_p1_o2_ordonnance_sortie') }}

    union all

    select
        'P1.O3' as indicateur,
        'CRO' as famille,
        finess_ej,
        periode_debut,
        unite_id,
        au_numerateur,
        etape
    from {{ ref('pop_hopen2_p1_o3_compte_rendu_operatoire') }}

),

resultats as (

    select
        indicateur,
        finess_ej,
        periode_debut,
        denominateur,
        taux,
        cible
    from {{ ref('indicateurs_juges') }}
    where
        periode_complete
        and applicable

),

dernieres_venues as (

    select
        rattachements.sejour_id,
        max_by(venues.uf, concat(cast(venues.date_entree as string), venues.iep)) as uf
    from {{ ref('int_sejours_venues') }} as rattachements
    inner join {{ ref('int_venues') }} as venues
        on
            rattachements.finess_ej = venues.finess_ej
            and rattachements.iep = venues.iep
    group by rattachements.sejour_id

)

select
    resultats.indicateur,
    resultats.finess_ej,
    resultats.periode_debut,
    unites.famille,
    etapes.libelle as etape,
    services.libelle as service,
    dernieres_venues.uf,
    count(*) as nb_sejours,
    resultats.taux,
    resultats.cible,
    100.0 * count(*) / resultats.denominateur as gain_points
from resultats
inner join unites
    on
        resultats.indicateur = unites.indicateur
        and resultats.finess_ej = unites.finess_ej
        and resultats.periode_debut = unites.periode_debut
        and not unites.au_numerateur
inner join {{ ref('etapes') }} as etapes
    on unites.etape = etapes.etape
left join dernieres_venues
    on unites.unite_id = dernieres_venues.sejour_id
left join {{ ref('stg_gam__unites_fonctionnelles') }} as unites_fonctionnelles
    on
        resultats.finess_ej = unites_fonctionnelles.finess_ej
        and dernieres_venues.uf = unites_fonctionnelles.uf
left join {{ ref('stg_gam__services') }} as services
    on
        unites_fonctionnelles.finess_ej = services.finess_ej
        and unites_fonctionnelles.service_id = services.service_id
group by
    resultats.indicateur,
    resultats.finess_ej,
    resultats.periode_debut,
    resultats.denominateur,
    resultats.taux,
    resultats.cible,
    unites.famille,
    etapes.libelle,
    services.libelle,
    dernieres_venues.uf
order by gain_points desc, resultats.finess_ej asc, resultats.indicateur asc, dernieres_venues.uf asc, etapes.libelle asc
