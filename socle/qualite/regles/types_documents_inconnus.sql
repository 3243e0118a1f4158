-- objet: staging.stg_dpi__documents
-- dimension: validite
-- severite: alerte
-- titre: Documents dont le typeCode n’est pas au référentiel
-- explication: Leur famille est « AUTRE » : une lettre de liaison ou un compte-rendu mal codé ne compte dans aucun
--   indicateur.
-- remede: Corriger la table de correspondance du DPI vers le jeu de valeurs XdsTypeCode du CI-SIS.
-- population: select count(*) from staging.stg_dpi__documents
select
    documents.finess_ej,
    -- Only what is written as a LOINC code is shown.
    case
        when regexp_full_match(documents.type_code, '[0-9]{3,5}-[0-9]') then documents.type_code
        else 'code qui n’a pas la forme LOINC'
    end as detail
from staging.stg_dpi__documents as documents
left join reference.types_documents as types
    on documents.type_code = types.type_code
where types.type_code is null
