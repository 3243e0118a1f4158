-- « En cas d'impossibilité d'alimentation dans le mois, les établissements devront justifier de la production d'un type de
-- documents pertinent …, avec une description des règles de production documentaire en fonction des typologies de
-- parcours » (guide HOP'EN2, exigences techniques): what each pathway really produces. One row per establishment, month,
-- pathway (activity of the séjours closed and retained, CONSULTATION for the billed ones) and family of documents that
-- HOP'EN2 feeds.

with familles as (

    select distinct famille
    from {{ ref('types_documents') }}
    where
        mss_obligatoire = 'oui'
        or famille = 'CRC'

),

unites as (

    select
        sejours.finess_ej,
        mois.periode_debut,
        mois.periode_fin,
        sejours.activite as parcours,
        sejours.sejour_id as unite_id
    from {{ ref('int_sejours') }} as sejours
    inner join {{ ref('int_periodes') }} as mois
        on
            sejours.finess_ej = mois.finess_ej
            and sejours.date_sortie between mois.periode_debut and mois.periode_fin
            and mois.nature = 'mois'
    where
        sejours.clos
        and sejours.retenu

    union all

    select
        venues.finess_ej,
        mois.periode_debut,
        mois.periode_fin,
        'CONSULTATION' as parcours,
        venues.iep as unite_id
    from {{ ref('int_venues') }} as venues
    inner join {{ ref('int_periodes') }} as mois
        on
            venues.finess_ej = mois.finess_ej
            and venues.date_entree between mois.periode_debut and mois.periode_fin
            and mois.nature = 'mois'
    where venues.est_consultation_facturee

),

documents as (

    select
        finess_ej,
        sejour_id as unite_id,
        famille,
        max(est_alimentee and not est_retire) as est_alimente
    from {{ ref('int_sejours_documents') }}
    group by finess_ej, sejour_id, famille

    union all

    select
        finess_ej,
        iep as unite_id,
        famille,
        max(est_alimentee and not est_retire) as est_alimente
    from {{ ref('int_versions') }}
    group by finess_ej, iep, famille

)

select
    unites.finess_ej,
    unites.periode_debut,
    unites.periode_fin,
    unites.parcours,
    familles.famille,
    count(*) as nb_unites,
    count(documents.unite_id) as nb_avec_document,
    count(*) filter (where documents.est_alimente) as nb_avec_document_alimente
from unites
cross join familles
left join documents
    on
        unites.finess_ej = documents.finess_ej
        and unites.unite_id = documents.unite_id
        and familles.famille = documents.famille
group by unites.finess_ej, unites.periode_debut, unites.periode_fin, unites.parcours, familles.famille
order by unites.finess_ej, unites.periode_debut, unites.parcours, familles.famille
