-- objet: staging.stg_dpi__documents
-- dimension: unicite
-- severite: alerte
-- titre: Documents qui ont deux fois la même version
-- explication: Deux documents partagent leur set_id et de version : l’ordre des versions devient celui
--   de leur création.
-- remede: Faire corriger la numérotation des versions par le DPI.
-- population: select count(*) from staging.stg_dpi__documents
with versions as (

    select
        finess_ej,
        count(*) over (partition by finess_ej, set_id, version) as nb_documents
    from staging.stg_dpi__documents

)

select
    finess_ej,
    cast(null as varchar) as detail
from versions
where nb_documents > 1
