-- objet: staging.stg_dpi__documents
-- dimension: completude
-- severite: alerte
-- titre: Documents sans numéro de venue
-- explication: Un document sans venue ne se rattache à aucun séjour ; il ne compte dans aucun taux par séjour.
--   Le constat n’est fait que si leur part dépasse le seuil.
-- remede: Faire exporter le numéro de venue (iep) des documents par le DPI.
-- population: select count(*) from staging.stg_dpi__documents
with situations as (

    select
        finess_ej,
        type_code,
        iep is null as sans_venue,
        avg(case when iep is null then 100.0 else 0 end) over (partition by finess_ej) as part
    from staging.stg_dpi__documents

)

select
    situations.finess_ej,
    coalesce(types.famille, 'AUTRE') as detail
from situations
cross join controle.seuils
left join reference.types_documents as types
    on situations.type_code = types.type_code
where
    situations.sans_venue
    and situations.part > seuils.documents_sans_venue_pourcent
