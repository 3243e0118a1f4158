-- D2.4 — séjours dont le DPI est à jour et contient la lettre de liaison.
-- Guide HOP'EN, § 3.2, fiche D2.4 : parmi les séjours d'hospitalisation des trois mois passés, au moins en partie, dans un
-- service où le DPI est déployé, ceux dont le dossier a été mis à jour et contient la lettre de liaison de sortie, dans tout
-- format.
-- Un séjour par ligne et par trimestre glissant : MCO, SMR, PSY et HAD, de toute durée et de tout âge ; une série de séances
-- n'est pas ici un séjour d'hospitalisation.

with sejours_hospitaliers as (

    select
        sejour_id,
        finess_ej,
        periode_debut,
        periode_fin
    from {{ ref('int_sejours_clos') }}
    where
        nature = 'trimestre_glissant'
        and activite in ('MCO', 'SMR', 'PSY', 'HAD')

),

sejours_sous_dpi as (

    select distinct rattachements.sejour_id
    from {{ ref('int_sejours_venues') }} as rattachements
    inner join {{ ref('int_venues') }} as venues
        on
            rattachements.finess_ej = venues.finess_ej
            and rattachements.iep = venues.iep
    inner join {{ ref('stg_gam__unites_fonctionnelles') }} as unites
        on
            venues.finess_ej = unites.finess_ej
            and venues.uf = unites.uf
    inner join {{ ref('stg_gam__services') }} as services
        on
            unites.finess_ej = services.finess_ej
            and unites.service_id = services.service_id
            and services.dpi_deploye

),

dossiers_mis_a_jour as (

    select distinct rattachements.sejour_id
    from {{ ref('stg_dpi__mises_a_jour_dossier') }} as mises_a_jour
    inner join {{ ref('int_sejours_venues') }} as rattachements
        on
            mises_a_jour.finess_ej = rattachements.finess_ej
            and mises_a_jour.iep = rattachements.iep
    where cast(mises_a_jour.date_mise_a_jour as date) <= {{ date_extraction() }}

),

lettres_de_liaison as (

    select
        sejour_id,
        document_id
    from {{ ref('int_sejours_familles') }}
    where famille = 'LDL'

)

select
    sejours_hospitaliers.finess_ej,
    sejours_hospitaliers.periode_debut,
    sejours_hospitaliers.periode_fin,
    'TOUS' as axe,
    sejours_hospitaliers.sejour_id as unite_id,
    dossiers_mis_a_jour.sejour_id is not null and lettres_de_liaison.sejour_id is not null as au_numerateur,
    lettres_de_liaison.document_id
from sejours_hospitaliers
inner join sejours_sous_dpi
    on sejours_hospitaliers.sejour_id = sejours_sous_dpi.sejour_id
left join dossiers_mis_a_jour
    on sejours_hospitaliers.sejour_id = dossiers_mis_a_jour.sejour_id
left join lettres_de_liaison
    on sejours_hospitaliers.sejour_id = lettres_de_liaison.sejour_id
