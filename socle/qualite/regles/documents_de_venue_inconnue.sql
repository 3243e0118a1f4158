-- objet: staging.stg_dpi__documents
-- dimension: coherence
-- severite: alerte
-- titre: Documents d’une venue inconnue
-- explication: Le numéro de venue du document n’existe dans aucune source de venues : il ne se rattache à aucun séjour.
--   Le constat n’est fait que si leur part dépasse le seuil.
-- remede: Vérifier que venues et documents sont exportés sur la même période et avec le même numéro.
-- population: select count(*) from staging.stg_dpi__documents where iep is not null
with venues as (

    select finess_ej, iep from staging.stg_gam__venues
    union
    select finess_ej, iep from intermediaire.int_venues

),

situations as (

    select
        documents.finess_ej,
        documents.type_code,
        venues.iep is null as venue_inconnue,
        avg(case when venues.iep is null then 100.0 else 0 end) over (partition by documents.finess_ej) as part
    from staging.stg_dpi__documents as documents
    left join venues
        on
            documents.finess_ej = venues.finess_ej
            and documents.iep = venues.iep
    where documents.iep is not null

)

select
    situations.finess_ej,
    coalesce(types.famille, 'AUTRE') as detail
from situations
cross join controle.seuils
left join reference.types_documents as types
    on situations.type_code = types.type_code
where
    situations.venue_inconnue
    and situations.part > seuils.documents_sans_venue_pourcent
