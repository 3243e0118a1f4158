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
        finess_ej,
        periode_debut,
        periode_fin,
        activite as parcours,
        sejour_id as unite_id
    from {{ ref('int_sejours_clos') }}
    where
        nature = 'mois'
        and retenu

    union all

    select
        finess_ej,
        periode_debut,
        periode_fin,
        'CONSULTATION' as parcours,
        iep as unite_id
    from {{ ref('int_consultations') }}
    where
        nature = 'mois'
        and est_consultation_facturee

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
